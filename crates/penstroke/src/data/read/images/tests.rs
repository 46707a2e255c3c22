//! Every kind of picture that is read, and every kind that is refused.

use super::*;
use crate::data::read::labels::{Labels, numbered_like};
use image::{GrayImage, ImageBuffer, Luma, Rgb, RgbImage, Rgba, RgbaImage};
use std::fs;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Saves a grey picture with the same value in every pixel.
fn save(path: &Path, width: u32, height: u32, value: u8) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    GrayImage::from_pixel(width, height, Luma([value])).save(path).unwrap();
}

fn message(path: &Path) -> String {
    let error = load_scenes(path).map(|_| "scenes").unwrap_err();
    assert!(error.is_wrong_input(), "{error}");
    error.to_string()
}

#[test]
fn colour_becomes_grey_by_rounded_luma() {
    let folder = folder();
    let path = folder.path().join("a.png");
    let pixels = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [10, 20, 30], [0, 0, 0]];
    // 76.245, 149.685, 29.07, 255, 18.15, 0.
    let grey = [76, 150, 29, 255, 18, 0];
    RgbImage::from_vec(3, 2, pixels.concat()).unwrap().save(&path).unwrap();
    let data = read(&path).unwrap();
    assert_eq!(data.image(), Some(ImageShape { height: 2, width: 3, channels: 1 }));
    assert!(matches!(data.rows(), penstroke_engine::Rows::Bytes(values) if values == grey));
    let scenes = load_scenes(&path).unwrap();
    assert_eq!((scenes[0].height, scenes[0].width), (2, 3));
    assert_eq!(scenes[0].values, data.row(0));

    let opaque = pixels.map(|[red, green, blue]| [red, green, blue, 255]).concat();
    RgbaImage::from_vec(3, 2, opaque).unwrap().save(&path).unwrap();
    assert_eq!(read(&path).unwrap(), data);
    let deep: Vec<u16> = pixels.concat().into_iter().map(|value| u16::from(value) * 257).collect();
    ImageBuffer::<Rgb<u16>, _>::from_vec(3, 2, deep).unwrap().save(&path).unwrap();
    // 299 · 65535 / 1000 is 19594.965, and so on.
    let grey = [19595.0, 38469.0, 7471.0, 65535.0, 4665.0, 0.0].map(|grey: f64| (grey / 65535.0) as f32);
    assert_eq!(read(&path).unwrap().to_floats(), grey);
    // JPEG does not keep exact pixels, but a constant grey keeps its value.
    save(&folder.path().join("b.jpg"), 8, 8, 200);
    assert_eq!(load_scenes(folder.path().join("b.jpg")).unwrap()[0].values, [200.0 / 255.0; 64]);
}

#[test]
fn scenes_come_in_the_order_of_their_names_in_any_size() {
    let folder = folder();
    for (name, width, value) in [("b.png", 2, 51), ("a.PNG", 3, 102), ("c.jpeg", 4, 0)] {
        save(&folder.path().join(name), width, 1, value);
    }
    for name in ["README", "README.md", "grey.npy", ".hidden.png", "labels.csv"] {
        fs::write(folder.path().join(name), "no picture").unwrap();
    }
    let scenes = load_scenes(&folder).unwrap();
    let widths: Vec<usize> = scenes.iter().map(|scene| scene.width).collect();
    assert_eq!(widths, [3, 2, 4]);
    assert_eq!(scenes[0].values, [0.4; 3]);
    let message = read(&folder).unwrap_err().to_string();
    assert!(message.contains("b.png: is 1×2 pixels where "), "{message}");
    assert!(message.contains("a.PNG is 1×3; use pictures of one size"), "{message}");
}

#[test]
fn class_folders_have_the_numbers_that_a_model_gave_their_names() {
    let folder = folder();
    for name in ["b/1.png", "c/1.png"] {
        save(&folder.path().join(name), 1, 1, 7);
    }
    let like = |known: &[&str], labels| {
        let known: Vec<String> = known.iter().map(ToString::to_string).collect();
        numbered_like(&folder.path().display().to_string(), read(folder.path()).unwrap(), &known, labels)
    };
    let data = like(&["a", "b", "c"], Labels::Needed).unwrap();
    assert_eq!((data.labels(), &*data.preparation().class_name(2)), (Some(&[1, 2][..]), "c"));
    assert_eq!(like(&[], Labels::Needed).unwrap().labels(), Some(&[0, 1][..]));
    assert_eq!(like(&["b", "c"], Labels::Ignored).unwrap().labels(), None);
    let place = folder.path().display();
    let unknown =
        format!("{place}: the label \"c\" is not one of the 2 classes that the model knows: \"a\", \"b\"");
    assert_eq!(like(&["a", "b"], Labels::Needed).unwrap_err().to_string(), unknown);
    let data = like(&["a", "b"], Labels::IfKnown).unwrap();
    assert_eq!(data.labels(), None);
    assert_eq!(data.warnings(), [format!("{unknown}; the samples are loaded without labels")]);
}

#[test]
fn class_folders_give_labels_in_the_order_of_their_names() {
    let folder = folder();
    for (name, value) in [("b/2.png", 1), ("a/7.png", 2), ("b/1.png", 3), ("c/x.png", 4)] {
        save(&folder.path().join(name), 1, 1, value);
    }
    fs::create_dir(folder.path().join("aa-empty")).unwrap();
    fs::write(folder.path().join("README.md"), "").unwrap();
    let data = read(&folder).unwrap();
    assert!(matches!(data.rows(), penstroke_engine::Rows::Bytes([2, 3, 1, 4])));
    assert_eq!(data.labels(), Some(&[0, 1, 1, 2][..]));
    assert_eq!(data.preparation().classes, ["a", "b", "c"]);
    save(&folder.path().join("stray.png"), 1, 1, 0);
    let path = |name: &str| folder.path().join(name).display().to_string();
    assert_eq!(
        message(folder.path()),
        format!(
            "{}: holds pictures ({}) beside folders of pictures ({}); give one or the other",
            folder.path().display(),
            path("stray.png"),
            path("a/7.png")
        )
    );
}

#[test]
fn pictures_below_class_folders_have_the_class_of_the_first_folder() {
    let folder = folder();
    for (name, value) in [("cat/1.png", 1), ("cat/a/b/2.png", 2), ("dog/a/3.png", 3)] {
        save(&folder.path().join(name), 1, 1, value);
    }
    let data = read(&folder).unwrap();
    assert!(matches!(data.rows(), penstroke_engine::Rows::Bytes([1, 2, 3])));
    assert_eq!(
        (data.labels(), &data.preparation().classes[..]),
        (Some(&[0, 0, 1][..]), &["cat".into(), "dog".into()][..])
    );
    let place = folder.path().display();
    let first = format!("{place}: some pictures lie deeper than class folders ({place}/cat/a/b/2.png)");
    assert_eq!(data.warnings(), [format!("{first}; their class is the first folder")]);
    assert_eq!(load_scenes(&folder).unwrap().len(), 3);
}

#[test]
fn pictures_of_16_bits_keep_them() {
    let folder = folder();
    let inputs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/inputs");
    let expected = crate::data::npy::read(inputs.join("sixteen-bits-values.npy")).unwrap().to_floats();
    let data = read(inputs.join("sixteen-bits.png")).unwrap();
    assert_eq!(data.n_visible(), expected.len());
    for (found, expected) in data.to_floats().iter().zip(&expected) {
        assert!((found - expected).abs() <= 1e-7, "{found} {expected}");
    }
    // Beside a picture of 8 bits, both have their own scale.
    save(&folder.path().join("a.png"), 2, 1, 51);
    let deep = ImageBuffer::<image::LumaA<u16>, _>::from_vec(2, 1, vec![1u16, 65535, 13107, 65535]).unwrap();
    deep.save(folder.path().join("b.png")).unwrap();
    let data = read(&folder).unwrap();
    assert_eq!(data.to_floats(), [0.2, 0.2, 1.0 / 65535.0, 0.2]);
    assert_eq!(load_scenes(&folder).unwrap()[1].values, data.row(1));
    let clear = ImageBuffer::<Rgba<u16>, _>::from_vec(1, 1, vec![0u16, 0, 0, 65534]).unwrap();
    clear.save(folder.path().join("c.png")).unwrap();
    assert!(message(folder.path()).contains("c.png: is transparent in places"));
}

#[test]
fn a_folder_without_pictures_is_refused() {
    let folder = folder();
    fs::write(folder.path().join("README.md"), "").unwrap();
    assert!(
        message(folder.path())
            .ends_with("holds no PNG or JPEG pictures, class folders of them, Parquet or Arrow files, or files named like MNIST's")
    );
}

#[test]
fn files_that_are_not_pictures_are_named() {
    let folder = folder();
    save(&folder.path().join("a.png"), 4, 4, 9);
    for content in [&b"no picture"[..], b"", b"GIF89a\x01\x00\x01\x00\x00\x00\x00"] {
        fs::write(folder.path().join("b.png"), content).unwrap();
        let message = message(folder.path());
        assert!(message.ends_with("b.png: is not a PNG or JPEG picture, despite its name"), "{message}");
    }
}

#[test]
fn the_first_of_several_bad_pictures_is_named() {
    let folder = folder();
    for index in 0..40 {
        fs::write(folder.path().join(format!("{index:02}.png")), "no picture").unwrap();
    }
    assert!(message(folder.path()).contains("00.png"));
}

#[test]
fn pictures_in_other_formats_are_errors() {
    let folder = folder();
    save(&folder.path().join("a.png"), 4, 4, 9);
    fs::write(folder.path().join("b.TIFF"), "").unwrap();
    assert!(
        message(folder.path()).ends_with("b.TIFF: is a picture in an unsupported format; convert it to PNG")
    );
}

#[test]
fn truncated_pictures_are_refused() {
    let folder = folder();
    let noise = |x: u32, y: u32| Luma([(x.wrapping_mul(2_654_435_761) >> 7 ^ y.wrapping_mul(40_503)) as u8]);
    for name in ["a.png", "a.jpg"] {
        let path = folder.path().join(name);
        GrayImage::from_fn(64, 64, noise).save(&path).unwrap();
        let whole = fs::read(&path).unwrap();
        for share in [0.1, 0.5, 0.9] {
            fs::write(&path, &whole[..(whole.len() as f64 * share) as usize]).unwrap();
            let message = message(&path);
            assert!(message.contains(&format!("{name}: the picture is damaged: ")), "{share}: {message}");
            let ends = message.ends_with("the picture is damaged: the file ends too early");
            assert_eq!(ends, name == "a.jpg", "{share}: {message}");
        }
    }
}

#[test]
fn pictures_that_claim_too_many_pixels_are_refused() {
    let folder = folder();
    let path = folder.path().join("a.png");
    save(&path, 4, 4, 9);
    let whole = fs::read(&path).unwrap();
    let too_large = "is larger than 32768 pixels along a side or 512 MiB; scale it down";
    let too_many = "its header claims more pixels than so few bytes can hold";
    for (width, height, problem) in [
        (u32::MAX / 2, 1u32, too_large),
        (1, 1 << 20, too_large),
        (1 << 15, 1 << 15, too_large),
        (1 << 12, 1 << 12, too_many),
    ] {
        let mut bytes = whole.clone();
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        bytes[20..24].copy_from_slice(&height.to_be_bytes());
        let mut checksum = flate2::Crc::new();
        checksum.update(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&checksum.sum().to_be_bytes());
        fs::write(&path, bytes).unwrap();
        let message = message(&path);
        assert!(message.ends_with(problem), "{message}");
    }
}

#[test]
fn transparent_pictures_are_refused() {
    let folder = folder();
    let path = folder.path().join("a.png");
    RgbaImage::from_pixel(2, 2, Rgba([0, 0, 0, 254])).save(&path).unwrap();
    assert!(message(&path).ends_with("is transparent in places; put it on a background first"));
}

#[test]
fn rows_that_are_grey_pictures_are_scenes() {
    let data = Dataset::new("x", Values::Floats(vec![0.0, 0.5, 1.0, 0.25]), 2).unwrap();
    let message = |data: &Dataset| data.scenes("x").unwrap_err().to_string();
    assert_eq!(
        message(&data),
        "x: rows of 2 values are not pictures; give (n, height, width) or a folder of pictures"
    );
    let image = |channels| ImageShape { height: 1, width: 2 / channels, channels };
    let colour = data.clone().with_image("x", image(2)).unwrap();
    assert_eq!(message(&colour), "x: holds pictures of 2 channels; scenes are grey: give (n, height, width)");
    let scenes = data.with_image("x", image(1)).unwrap().scenes("x").unwrap();
    assert_eq!(scenes[1], Scene { height: 1, width: 2, values: vec![1.0, 0.25] });
}
