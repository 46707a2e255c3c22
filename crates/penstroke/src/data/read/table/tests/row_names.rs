//! Columns that number the rows.

use super::*;

const LEFT_OUT: &str = "column 1 counts the rows and is left out; choose the columns yourself to use it";

#[test]
fn a_nameless_first_column_that_counts_the_rows_is_left_out() {
    for first in ["", "\"\"", "Unnamed: 0"] {
        for start in [0, 1] {
            let text = format!("{first},x,kind\n{start},5,u\n{},7,v\n", start + 1);
            let data = table(&text, &options("", "", "kind"));
            assert_eq!(data.to_floats(), [5.0, 7.0], "{text}");
            let [warning] = data.warnings() else { panic!("one warning") };
            assert!(warning.ends_with(LEFT_OUT), "{warning}");
            // Other rows are read alike, with and without such a column.
            for other in ["Unnamed: 0,x\n0,9\n", "x\n9\n", ",x\n17,9\n"] {
                let other =
                    read_bytes("t.csv", other.as_bytes(), &TableOptions::default(), Some(data.preparation()));
                let other = other.unwrap();
                assert_eq!((other.to_floats(), other.warnings().len()), (vec![9.0], 0));
            }
        }
    }
    let hot = table(",x,kind\n0,5,u\n1,7,v\n", &options("", "kind", ""));
    assert_eq!(hot.to_floats(), [5.0, 1.0, 0.0, 7.0, 0.0, 1.0]);
    let many: String = (0..5000).map(|i| format!("{i},{}\n", i % 7)).collect();
    assert_eq!(table(&format!(",x\n{many}"), &TableOptions::default()).n_visible(), 1);
}

#[test]
fn a_first_column_that_is_chosen_or_counts_nothing_is_a_value() {
    let counting = ",x\n0,5\n1,7\n";
    let chosen = table(counting, &options("1,2", "", ""));
    assert_eq!((chosen.n_visible(), chosen.warnings().len()), (2, 0));
    let only = table("Unnamed: 0\n0\n1\n", &TableOptions::default());
    assert_eq!((only.n_visible(), only.warnings().len()), (1, 0));
    for text in ["row,x\n0,5\n1,7\n", "0,5\n1,7\n", "x,\n5,0\n7,1\n"] {
        assert_eq!(table(text, &TableOptions::default()).n_visible(), 2, "{text}");
    }
    for text in [",x\n2,5\n3,7\n", ",x\n0,5\n2,7\n", ",x\n0,5\n0,7\n", ",x\n1,5\n0,7\n", ",x\n0.5,1\n1.5,2\n"]
    {
        let data = table(text, &TableOptions::default());
        assert_eq!(data.n_visible(), 2, "{text}");
        assert!(
            data.warnings()[0].ends_with(
                "column 1 has no name and is used as a value; if it holds row names, choose the other columns"
            ),
            "{text}"
        );
    }
}
