//! What a large batch keeps of itself: AWS's summary, which says what to run again on a replay.

use serde::{Deserialize, Serialize};

use super::completion::CompletionReason;
use super::result::{RecordedBatch, RecordedStatus};
use crate::model::Kind;

/// A batch without the results of its items, which their own records hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    #[serde(rename = "type")]
    result_type: String,
    /// The items that began: the first so many.
    pub(super) total_count: usize,
    #[serde(rename = "completionReason")]
    pub(super) reason: CompletionReason,
    status: String,
    success_count: usize,
    failure_count: usize,
    started_count: usize,
    /// The items that began and had not ended.
    started_indexes: Vec<usize>,
    /// What the code says of it, for readers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
}

impl Summary {
    pub(super) fn of(batch: &RecordedBatch, kind: Kind, summary: Option<String>) -> Self {
        let count = |wanted: fn(&RecordedStatus) -> bool| batch.all.iter().filter(|item| wanted(&item.status)).count();
        let is_started = |status: &RecordedStatus| matches!(status, RecordedStatus::Started);
        let failures = count(|status| matches!(status, RecordedStatus::Failed { .. }));
        let started = batch.all.iter().filter(|item| is_started(&item.status));
        Self {
            result_type: if kind == Kind::Map { "MapResult" } else { "ParallelResult" }.to_owned(),
            total_count: batch.all.len(),
            reason: batch.reason,
            status: if failures == 0 { "SUCCEEDED" } else { "FAILED" }.to_owned(),
            success_count: count(|status| matches!(status, RecordedStatus::Succeeded { .. })),
            failure_count: failures,
            started_count: count(is_started),
            started_indexes: started.map(|item| item.index).collect(),
            summary,
        }
    }

    /// Whether the item has ended.
    pub(super) fn has_ended(&self, index: usize) -> bool {
        self.started_indexes.binary_search(&index).is_err()
    }
}

#[cfg(test)]
mod tests {
    use super::super::result::RecordedItem;
    use super::*;
    use crate::model::ErrorObject;

    #[test]
    fn it_reads_as_aws_s_and_says_what_has_ended() {
        let item = |(index, status)| RecordedItem { index, status };
        let all = [
            RecordedStatus::Succeeded { result: Some("1".to_owned()) },
            RecordedStatus::Started,
            RecordedStatus::Failed { error: ErrorObject::default() },
        ];
        let all = all.into_iter().enumerate().map(item).collect();
        let batch = RecordedBatch { all, reason: CompletionReason::MinSuccessfulReached };
        let summary = Summary::of(&batch, Kind::Map, None);
        let text = serde_json::to_string(&summary).unwrap();
        assert_eq!(
            text,
            r#"{"type":"MapResult","totalCount":3,"completionReason":"MIN_SUCCESSFUL_REACHED","status":"FAILED","successCount":1,"failureCount":1,"startedCount":1,"startedIndexes":[1]}"#
        );
        assert_eq!(serde_json::from_str::<Summary>(&text).unwrap(), summary);
        assert_eq!([0, 1, 2].map(|index| summary.has_ended(index)), [true, false, true]);
        let summary = Summary::of(&batch, Kind::Map, Some("two of three".to_owned()));
        let text = serde_json::to_string(&summary).unwrap();
        assert!(text.ends_with(r#""startedIndexes":[1],"summary":"two of three"}"#), "{text}");
    }
}
