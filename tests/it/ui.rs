//! What does not compile, and what it says.

#[test]
fn mistakes_are_explained() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/bug/*.rs");
    cases.compile_fail("tests/ui/fail/**/*.rs");
    cases.compile_fail("tests/ui/lint/*/fail/*.rs");
}

#[test]
fn correct_code_compiles() {
    trybuild::TestCases::new().pass("tests/ui/pass/**/*.rs");
}
