//! Stopping long work from outside: reading, applying a model, corrupting. Training is stopped by its observers.

use crate::{Error, Result};
use std::cell::RefCell;

/// Returns whether to stop.
type Ask = Box<dyn FnMut() -> bool>;

thread_local! {
    static ASK: RefCell<Option<Ask>> = const { RefCell::new(None) };
}

/// Does `work`, which ends early with [`Error::Interrupted`] once `ask` returns true. It is asked often, in the thread that
/// does the work.
///
/// ```
/// use penstroke::data::{Dataset, Values};
/// use penstroke::{Autoencoder, AutoencoderConfig, Error, Model, interrupt};
/// let data = Dataset::new("example", Values::Floats(vec![0.5; 600]), 6)?;
/// let model = Autoencoder::initial(&AutoencoderConfig::default(), &data)?;
/// let result = interrupt::unless(|| true, || model.encode(&data));
/// assert!(matches!(result, Err(Error::Interrupted)));
/// # Ok::<(), penstroke::Error>(())
/// ```
pub fn unless<T>(ask: impl FnMut() -> bool + 'static, work: impl FnOnce() -> T) -> T {
    /// Puts back what was asked before, even if `work` panics.
    struct Before(Option<Ask>);
    impl Drop for Before {
        fn drop(&mut self) {
            ASK.set(self.0.take());
        }
    }
    let _before = Before(ASK.replace(Some(Box::new(ask))));
    work()
}

/// The error that work was stopped, if it is to stop.
pub(crate) fn check() -> Result<()> {
    // Not borrowed while asking, which may do anything.
    let Some(mut ask) = ASK.take() else { return Ok(()) };
    let stops = ask();
    ASK.set(Some(ask));
    if stops { Err(Error::Interrupted) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Dataset, LoadOptions, Source, Values, load, stream};
    use crate::{Autoencoder, AutoencoderConfig, Model, files};
    use std::cell::Cell;
    use std::rc::Rc;

    #[test]
    fn reading_and_applying_are_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let data = Dataset::new("data", Values::Floats(vec![0.5; 600]), 6).unwrap();
        let model = Autoencoder::initial(&AutoencoderConfig::default(), &data).unwrap();
        let (file, array) = (folder.path().join("m"), folder.path().join("x.npy"));
        model.save(&file).unwrap();
        files::write_atomic(&array, |out| crate::data::npy::write_data(out, &data)).unwrap();
        let array = Source::Path(array);
        let options = LoadOptions::default();
        let streamed = stream(&array, &options).unwrap();
        let corruption = "masking:0.5".parse().unwrap();
        let works: [(&str, &dyn Fn() -> Result<()>); 7] = [
            ("encode", &|| model.encode(&data).map(drop)),
            ("encode a stream", &|| model.encode(&streamed).map(drop)),
            ("reconstruct", &|| model.reconstruct(&data).map(drop)),
            ("load a model", &|| crate::model::load(&file).map(drop)),
            ("load samples", &|| load(&array, &options).map(drop)),
            ("stream samples", &|| stream(&array, &options).map(drop)),
            ("corrupt", &|| data.corrupted(&corruption, 0, 0).map(drop)),
        ];
        for (name, work) in works {
            assert!(matches!(unless(|| true, work), Err(Error::Interrupted)), "{name}");
            assert!(unless(|| false, work).is_ok() && work().is_ok(), "{name}");
        }
    }

    #[test]
    fn tables_are_asked_for_at_least_every_thousand_rows() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.csv");
        std::fs::write(&file, format!("a,b\n{}", "1,u\n2,v\n".repeat(10_000))).unwrap();
        let mut files = vec![file];
        if cfg!(feature = "columnar") {
            files.push(folder.path().join("x.parquet"));
            parquet(&files[1], 20_000);
        }
        for file in files {
            let (asked, name) = (Rc::new(Cell::new(0)), file.display().to_string());
            let count = Rc::clone(&asked);
            let mut options = LoadOptions::default();
            if name.ends_with("csv") {
                options.table.one_hot = vec!["b".parse().unwrap()];
            }
            let ask = move || {
                count.set(count.get() + 1);
                false
            };
            unless(ask, || load(&Source::Path(file), &options)).unwrap();
            // Categories are spread to values in a second pass.
            let n_passes = if name.ends_with("csv") { 2 } else { 1 };
            assert!(asked.get() >= 20 * n_passes - 1, "{name}: {} times", asked.get());
        }
    }

    fn parquet(file: &std::path::Path, n: usize) {
        #[cfg(feature = "columnar")]
        {
            let out = std::fs::File::create(file).unwrap();
            crate::data::parquet::write(out, &["a".into(), "b".into()], &vec![0.5f32; 2 * n]).unwrap();
        }
        #[cfg(not(feature = "columnar"))]
        let _ = (file, n);
    }
}
