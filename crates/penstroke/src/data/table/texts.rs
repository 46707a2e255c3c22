//! The cells of one column as texts, for columns that name rows.

use super::source::TableSource;
use super::take::Taken;
use super::typed::TypedTable;
use crate::{Error, Result};

impl TypedTable {
    /// The cells of a column as its file has them, one text for each row, empty where missing, also of a column that is left out: an
    /// [`Id`](super::ColumnKind::Id) names the rows. The file is read again. Numbers of Parquet and Arrow have as many digits as tell them from others.
    ///
    /// ```
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("t.csv");
    /// use penstroke::data::{SchemaOptions, TypedTable};
    /// std::fs::write(&path, "id,x\nP-01,1.5\n\"P 02\",2.5\n").unwrap();
    /// let table = TypedTable::read(&path, &SchemaOptions::default().with_types(&[("id", "id")])?)?;
    /// assert_eq!(table.texts(0)?, ["P-01", "P 02"]);
    /// # Ok::<(), penstroke::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the table was not read from a file, or lacks the column; if the file changed since, cannot be read, or its column holds dates
    /// or other values without a text.
    pub fn texts(&self, column: usize) -> Result<Vec<String>> {
        let file = self.file.as_ref();
        let Some((file, Some(place))) = file.map(|file| (file, file.places.get(column).copied().flatten()))
        else {
            let problem = format!("has no file with column {column} (from 0), whose texts were asked for");
            return Err(Error::input(self.name(), problem));
        };
        let source = TableSource { opened: file.opened.clone(), ..TableSource::open(&file.path)? };
        source.check_unchanged()?;
        let mut taken = [Taken::Texts(Vec::new())];
        let name = self.schema.columns[column].name.clone();
        source.take(file.form.as_ref(), &[Some(place)], &mut taken, &[name])?;
        let [Taken::Texts(texts)] = taken else { return Ok(Vec::new()) };
        Ok(texts)
    }
}
