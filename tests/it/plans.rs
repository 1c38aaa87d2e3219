//! Plans as they are drawn and handed on, and the committed file of them.

use durable::plan;
use durable::prelude::*;

async fn reserve(items: &[u32]) -> Result<u32, String> {
    items.first().copied().ok_or_else(|| "nothing ordered".to_owned())
}

async fn release(_reservation: u32) {}

async fn ask(_id: String) -> Result<(), String> {
    Ok(())
}

#[step]
async fn charge(amount: u32) -> Result<u32, String> {
    Ok(amount)
}

#[step]
async fn label(item: u32) -> u32 {
    item
}

#[durable]
async fn fraud_check(amount: u32) -> bool {
    sleep(minutes(1)).await;
    amount < 1_000
}

#[durable]
async fn place_order(items: Vec<u32>, express: bool) -> Result<u32, String> {
    #[step(retry(max_attempts = 3))]
    let reservation = reserve(&items).await?;
    let approved = wait_for_callback(async |id| ask(id.to_string()).await).timeout(hours(2)).await_callback::<bool>();
    if !approved.unwrap_or(false) {
        #[step]
        release(reservation).await;
        return Err("refused".to_owned());
    }
    let (paid, honest) =
        join((async { charge(reservation).await }, async { fraud_check(reservation).invoke().await.unwrap_or(false) }))
            .await;
    let labels = map(&items, async |item| label(*item).await).await;
    match (paid, honest) {
        (Ok(paid), true) => {
            for _ in 0..u32::from(express) {
                sleep(days(1)).named("take your time").await;
            }
            Ok(paid + labels.len() as u32)
        }
        _ => Err("not paid".to_owned()),
    }
}

#[test]
fn a_plan_is_a_flowchart() {
    let chart = plan(place_order).to_mermaid();
    insta::assert_snapshot!(chart);
    let page = std::fs::read_to_string("docs/plans-and-versions.md").unwrap();
    assert!(page.contains(&format!("```mermaid\n{chart}```")), "the page shows another chart");
}

#[test]
fn a_plan_is_a_graph() {
    insta::assert_snapshot!(plan(place_order).to_dot());
}

#[test]
fn a_plan_is_json() {
    let json: serde_json::Value = serde_json::from_str(&plan(place_order).to_json()).unwrap();
    insta::assert_snapshot!(format!("{json:#}"));
}

/// Operations in each form that a call site can have.
#[durable]
async fn in_all_forms(number: u32) -> u32 {
    let charged = charge(number);
    let checked = fraud_check(number);
    let pause = sleep(seconds(1));
    let (label_1, ..) = join((label(number), sleep(seconds(1)), async { 1 }, checked)).await;
    let both = join((async { 1 }, label(number).named("second label"))).await;
    let first = race((label(number), async { 2 })).await;
    pause.await;
    label_1 + both.0 + first + charged.await.unwrap_or(0)
}

/// The names of operations, in the order of the source.
fn names_of(nodes: &[plan::Node], names: &mut Vec<String>) {
    for node in nodes {
        if node.kind() != plan::NodeKind::Join {
            names.extend(node.name().map(str::to_owned));
        }
        names_of(node.inside(), names);
    }
}

#[tokio::test]
async fn a_plan_has_the_names_of_the_history() {
    let engine = Engine::in_memory().register(in_all_forms).start().await.unwrap();
    let run = engine.start(in_all_forms(1)).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 4);
    let recorded = crate::history::names(&engine, run.id()).await;
    let mut recorded: Vec<String> =
        recorded.iter().filter_map(|line| Some(line.split_once("0 ")?.1.to_owned())).collect();
    let mut planned = Vec::new();
    names_of(plan(in_all_forms).nodes(), &mut planned);
    // What the called function performs stands in its own plan.
    planned.push("sleep".to_owned());
    recorded.sort();
    planned.sort();
    assert_eq!(recorded, planned);
}

#[durable]
async fn of_every_kind(items: Vec<u32>) -> u32 {
    #[step]
    reserve(&items).await.unwrap_or_default();
    sleep(days(1)).await;
    create_callback::<u32>().await;
    let asked = wait_for_callback(async |id| ask(id.to_string()).await).await_callback::<bool>();
    let seen = wait_for_condition(0, async |seen: u32| seen + 1).until(|seen| *seen > 0).await.unwrap_or_default();
    let branch = async { label(1).await }.await;
    let sent = fraud_check(1).invoke().await;
    join((label(2).named("a"), label(3).named("b"))).await;
    try_join((async { charge(1).await }, async { charge(2).await })).await.unwrap_or_default();
    race((label(4).named("c"), label(5).named("d"))).await;
    select_ok((async { charge(3).await }, async { charge(4).await })).await.unwrap_or_default();
    map(&items, async |item| label(*item).await).named("labels").await;
    for item in 0..2 {
        #[step(key = item)]
        release(item).await;
    }
    branch + seen + u32::from(asked.is_ok() && sent.is_ok())
}

#[test]
fn a_plan_knows_every_kind() {
    let kinds: Vec<_> = plan(of_every_kind).nodes().iter().map(plan::Node::kind).collect();
    use plan::NodeKind::*;
    assert_eq!(
        kinds,
        [
            Step,
            Wait,
            Callback,
            WaitForCallback,
            WaitForCondition,
            Branch,
            Invoke,
            Join,
            TryJoin,
            Race,
            SelectOk,
            Map,
            Repeat
        ]
    );
}

#[test]
fn plans_are_as_committed() -> Result<(), plan::PlanChanged> {
    plan::check("tests/it/plan.lock", [plan(place_order), plan(fraud_check)])
}

#[test]
fn a_change_is_explained() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let committed = std::fs::read_to_string("tests/it/plan.lock").unwrap();
    let other = committed.replace("      step release\n", "").replace("  wait sleep\n", "  wait sleep\n  step gone\n");
    std::fs::write(file.path(), other + "\n\"old\" \"1\"\n  step a\n").unwrap();
    let changed = plan::check(file.path(), [plan(place_order), plan(fraud_check)]).unwrap_err();
    let text = changed.to_string().replace(&file.path().display().to_string(), "plan.lock");
    insta::assert_snapshot!(text);
}
