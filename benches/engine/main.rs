//! What the engine takes for each operation, at sizes that show whether it grows with what came before.
//!
//! `cargo bench --bench engine`; a figure is the time for one step, execution, operation or wait. What a year costs in the
//! testing kit: `cargo bench --bench engine -- year`.

mod functions;
mod kit;
mod workloads;

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use tokio::runtime::Runtime;

use kit::Part;
use workloads::Workload;

/// How many operations, executions or waits.
const SIZES: [u32; 3] = [100, 1000, 3000];

fn engine(criterion: &mut Criterion) {
    #[expect(clippy::unwrap_used, reason = "without a runtime there is nothing to measure")]
    let runtime = Runtime::new().unwrap();
    for workload in [Workload::Steps, Workload::Executions, Workload::Opens, Workload::Waits] {
        let mut group = criterion.benchmark_group(workload.name());
        group.sampling_mode(SamplingMode::Flat).sample_size(10).measurement_time(Duration::from_secs(5));
        for size in SIZES {
            group.throughput(Throughput::Elements(u64::from(size)));
            group.bench_with_input(BenchmarkId::from_parameter(size), &size, |bencher, &size| {
                bencher.to_async(&runtime).iter_custom(|repetitions| workloads::time(workload, size, repetitions));
            });
        }
        group.finish();
    }
}

/// As a test runs it: on a runtime of one thread.
fn kit(criterion: &mut Criterion) {
    #[expect(clippy::unwrap_used, reason = "without a runtime there is nothing to measure")]
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut group = criterion.benchmark_group("a year in a test");
    group.sampling_mode(SamplingMode::Flat).sample_size(20).measurement_time(Duration::from_secs(5));
    for part in [Part::Test, Part::Wait] {
        group.bench_function(part.name(), |bencher| {
            bencher.to_async(&runtime).iter_custom(|repetitions| kit::time(part, repetitions));
        });
    }
    group.finish();
}

criterion_group!(benches, engine, kit);
criterion_main!(benches);
