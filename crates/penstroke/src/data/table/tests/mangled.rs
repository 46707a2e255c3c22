//! Tables with random changes: what is read is read again in its own way, and filling no gap changes no byte.

use super::fill::fills;
use super::*;

const TABLES: [&str; 9] = [
    "a,b\n1.5,x\n?,y\n2.5,x\n",
    "a;b\r\n1,50;x\r\n NA ;\"y\"\r\n2;x\r\n",
    "\u{feff}a\tb\n1,234,567\t2\n\t3.5\n",
    "red\nblue\nred\nblue\n",
    "\"a\",\"b\"\n\"1.5\",\"x, \"\"y\"\"\"\n\"\",\"z\"\n2.5,\n",
    "x\r\n1.5\r\n\r\n2.5\r\n\r\n",
    "a b\n1 x\n2 y\n3 x\n",
    "c,x\n007,1.5\n008,\n007,2.5\n",
    "a;b\n1.234,5;x\n?;y\n2,0;x\n",
];
const BYTES: &[u8] = b",;\t| \"\n\r.0159-eax?";

#[test]
fn mangled_tables_are_read_again_and_copied() {
    let folder = tempfile::tempdir().unwrap();
    let [path, done] = ["t.csv", "done.csv"].map(|name| folder.path().join(name));
    let (mut state, mut n_read) = (11, 0);
    for round in 0..400 {
        let mut bytes = TABLES[round % TABLES.len()].as_bytes().to_vec();
        for _ in 0..below(&mut state, 5) {
            let (at, byte) = (below(&mut state, bytes.len()), BYTES[below(&mut state, BYTES.len())]);
            match below(&mut state, 3) {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        std::fs::write(&path, &bytes).unwrap();
        let Ok(table) = TypedTable::read(&path, &SchemaOptions::default()) else { continue };
        n_read += 1;
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        let again = TypedTable::read_like(&path, table.schema(), &SchemaOptions::default());
        let again = again.unwrap_or_else(|error| panic!("{shown:?}: {error}"));
        assert_eq!(format!("{:?}", again.columns()), format!("{:?}", table.columns()), "{shown:?}");
        table.write_filled(&done, &[]).unwrap();
        assert_eq!(std::fs::read(&done).unwrap(), bytes, "{shown:?}");
        // No gap is left, and what was observed stays.
        table.write_filled(&done, &fills(&table)).unwrap();
        let full = TypedTable::read_like(&done, table.schema(), &SchemaOptions::default());
        let full = full.unwrap_or_else(|error| panic!("{shown:?}: filled: {error}"));
        for (before, after) in table.columns().iter().zip(full.columns()) {
            for row in 0..table.n_rows() {
                assert!(!after.is_missing(row), "{shown:?}: row {row}");
                let is_kept = match (before, after) {
                    (Cells::Numbers(a), Cells::Numbers(b)) => a[row].to_bits() == b[row].to_bits(),
                    (Cells::Codes(a), Cells::Codes(b)) => a[row] == b[row],
                    (a, b) => a == b,
                };
                assert!(is_kept || before.is_missing(row), "{shown:?}: row {row}");
            }
        }
    }
    assert!(n_read > 60, "{n_read}");
}
