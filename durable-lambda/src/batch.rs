//! How many updates one checkpoint takes.

use durable_wire::OperationUpdate;

/// The most updates in one call.
const UPDATES: usize = 250;
/// The most bytes in one call; an update that has more goes alone.
const BYTES: usize = 750 * 1024;
/// What an update has beside its texts: keys, quotes, ids, numbers.
const FRAME: usize = 512;

/// Splits updates into batches that one call takes, in their order.
pub(crate) fn batches(updates: Vec<OperationUpdate>) -> Vec<Vec<OperationUpdate>> {
    let mut batches = Vec::new();
    let (mut batch, mut bytes) = (Vec::new(), 0);
    for update in updates {
        let size = size(&update);
        if !batch.is_empty() && (batch.len() == UPDATES || bytes + size > BYTES) {
            batches.push(std::mem::take(&mut batch));
            bytes = 0;
        }
        bytes += size;
        batch.push(update);
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches
}

/// About how many bytes an update has as JSON.
fn size(update: &OperationUpdate) -> usize {
    let escaped = |text: &String| text.bytes().map(bytes_of).sum::<usize>();
    let error = update.error.as_ref().map_or(0, |error| {
        let texts = [&error.error_type, &error.error_message, &error.error_data].into_iter().flatten();
        texts.chain(error.stack_trace.iter().flatten()).map(escaped).sum()
    });
    let invoked = update
        .chained_invoke_options
        .as_ref()
        .map_or(0, |invoke| [&invoke.function_name, &invoke.tenant_id].into_iter().flatten().map(escaped).sum());
    FRAME + update.payload.as_ref().map_or(0, escaped) + update.name.as_ref().map_or(0, escaped) + error + invoked
}

/// How many bytes a byte of a text takes in JSON, at the most.
fn bytes_of(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' => 2,
        // `\u0001`
        ..=31 => 6,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(id: usize, payload: usize) -> OperationUpdate {
        OperationUpdate { id: id.to_string(), payload: Some("x".repeat(payload)), ..OperationUpdate::default() }
    }

    fn sizes(updates: Vec<OperationUpdate>) -> Vec<usize> {
        let ids: Vec<_> = updates.iter().map(|update| update.id.clone()).collect();
        let batches = batches(updates);
        let in_order: Vec<_> = batches.iter().flatten().map(|update| update.id.clone()).collect();
        assert_eq!(in_order, ids);
        batches.iter().map(Vec::len).collect()
    }

    #[test]
    fn a_batch_has_250_updates() {
        assert_eq!(sizes((0..501).map(|id| update(id, 10)).collect()), [250, 250, 1]);
        assert_eq!(sizes(Vec::new()), [0; 0]);
    }

    #[test]
    fn a_batch_has_750_kb_and_what_is_larger_goes_alone() {
        let large = 300 * 1024;
        assert_eq!(sizes((0..5).map(|id| update(id, large)).collect()), [2, 2, 1]);
        assert_eq!(sizes(vec![update(0, 10), update(1, 2 * BYTES), update(2, 10)]), [1, 1, 1]);
    }

    #[test]
    fn a_size_is_not_less_than_that_of_the_json() {
        let nasty = OperationUpdate { payload: Some("\"\\\n\u{1}".repeat(1000)), ..update(1, 0) };
        for update in [update(1, 5000), nasty] {
            assert!(size(&update) >= serde_json::to_string(&update).unwrap().len());
        }
    }
}
