//! Tests of gathering rows.

use super::super::field::Fields;
use super::*;

#[test]
fn categories_that_spread_to_more_than_memory_are_refused() {
    let options = TableOptions { one_hot: vec!["1".parse().unwrap()], ..TableOptions::default() };
    let layout = Layout::of(&["u"], &Fields::of(&options, None), &options, None).unwrap();
    let mut gather = Gather::new(&layout, &[1], &options, None);
    gather.push_category(0, Some("u")).unwrap();
    let message = gather.spread("t.csv", (1 << 32) + 1).unwrap_err().to_string();
    assert_eq!(
        message,
        "t.csv: its one-hot columns become 1 row of 4294967297 values, which do not fit in memory"
    );
}
