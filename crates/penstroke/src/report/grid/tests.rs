use super::*;

#[test]
fn every_tile_is_in_its_place() {
    // Five tiles of 2×3 in rows of three: tile t holds (t + 1)/10 everywhere but 0 in its last value.
    let tiles: Vec<f32> = (0..30).map(|i| if i % 6 == 5 { 0.0 } else { (i / 6 + 1) as f32 / 10.0 }).collect();
    let grid = Grid::new(&tiles[..], 2, 3).unwrap();
    let (gap, up) = (4, 5);
    let picture = grid.gap(gap).upscale(up).draw().unwrap();
    assert_eq!(picture.width(), 3 * 3 * up + 4 * gap);
    assert_eq!(picture.height(), 2 * 2 * up + 3 * gap);
    for y in 0..picture.height() {
        for x in 0..picture.width() {
            // The inverse computation: from the pixel to the tile.
            let (column, in_x) = (x / (3 * up + gap), x % (3 * up + gap));
            let (row, in_y) = (y / (2 * up + gap), y % (2 * up + gap));
            let tile = row * 3 + column;
            let expected = if in_x < gap || in_y < gap || tile >= 5 {
                BACKGROUND
            } else if (in_y - gap) / up == 1 && (in_x - gap) / up == 2 {
                0
            } else {
                (255.0 * ((tile + 1) as f32 / 10.0)).round() as u8
            };
            assert_eq!(picture.level(x, y), Some(expected), "at ({x}, {y})");
        }
    }
}

#[test]
fn labels_do_not_cover_tiles_and_stay_inside() {
    let tiles = [1.0_f32; 6 * 4];
    let bare = Grid::new(&tiles[..], 2, 2).unwrap().columns(3).upscale(20);
    let labelled = bare
        .clone()
        .title("a title that is longer than the tiles are wide")
        .row_labels(["clean", "q = 0.25"])
        .column_labels(["1", "a wide label", "3"]);
    let white = |picture: &Picture| {
        let levels = (0..picture.height()).flat_map(|y| (0..picture.width()).map(move |x| (x, y)));
        levels.filter(|&(x, y)| picture.level(x, y) == Some(255)).count()
    };
    let (bare, labelled) = (bare.draw().unwrap(), labelled.draw().unwrap());
    assert_eq!(white(&bare), 6 * 40 * 40);
    assert_eq!(white(&labelled), white(&bare));
    let edge = |x, y| labelled.level(x, y) == Some(BACKGROUND);
    let (w, h) = (labelled.width(), labelled.height());
    assert!((0..w).all(|x| edge(x, 0) && edge(x, h - 1)));
    assert!((0..h).all(|y| edge(0, y) && edge(w - 1, y)));
}

#[test]
fn a_strip_keeps_its_rows() {
    let (clean, restored) = ([0.0_f32, 1.0, 1.0], [0.2_f32, 0.8, 1.0]);
    let grid = Grid::strip(&[("clean", &clean), ("restored", &restored)], 1, 1).unwrap();
    assert_eq!((grid.n_tiles(), grid.columns, grid.row_labels.len()), (6, 3, 2));
    assert_eq!(grid.tiles[3..], restored);
    let error = Grid::strip(&[("clean", &clean), ("short", &restored[..2])], 1, 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "grid: row \"short\" has 2 values, the first row 3; all rows must have the same length"
    );
    for (rows, side, n) in [(&[][..], 1, 0), (&[("clean", &clean[..])], 0, 3)] {
        assert_eq!(
            Grid::strip(rows, side, side).unwrap_err().to_string(),
            format!(
                "grid: {n} values are not a whole number of tiles of {side}×{side}; at least one tile is needed"
            )
        );
    }
}

#[test]
fn invalid_grids_are_refused() {
    let message = |values: &[f32], h, w| Grid::new(values, h, w).unwrap_err().to_string();
    assert!(message(&[], 2, 2).contains("0 values are not a whole number of tiles of 2×2"));
    assert!(message(&[0.0; 5], 2, 2).contains("5 values"));
    assert!(message(&[0.0; 5], usize::MAX, 2).contains("5 values"));
    assert!(message(&[0.0, 1.0, f32::NAN, 0.0], 1, 2).contains("tile 1, value 0 (from 0) is NaN"));
    let huge = Grid::new(&[0.0_f32][..], 1, 1).unwrap().upscale(usize::MAX).column_labels(["x"]);
    assert!(huge.draw().unwrap_err().to_string().contains("lower the upscaling"));
}

#[test]
fn a_shared_divisor_keeps_strengths_apart() {
    let tiles = [1.0_f32, 0.5];
    let level = |scaling| {
        let picture = Grid::new(&tiles[..], 1, 1).unwrap().gap(0).grey_scale(scaling).draw().unwrap();
        picture.level(1, 0).unwrap()
    };
    assert_eq!(level(GreyScale::SYMMETRIC_PER_TILE), 0);
    // 127.5 − 127.5/2 = 63.75.
    assert_eq!(level(GreyScale::SYMMETRIC_SHARED), 64);
}

#[test]
fn a_denser_grid_has_the_same_tiles_with_more_pixels() {
    let tiles: Vec<f32> = (0..12).map(|i| i as f32 / 12.0).collect();
    let grid = Grid::new(&tiles[..], 1, 3).unwrap().gap(3).upscale(4);
    let (plain, dense) = (grid.clone().draw().unwrap(), grid.density(2).draw().unwrap());
    assert_eq!((plain.density(), dense.density()), (1, 2));
    assert_eq!((dense.width(), dense.height()), (2 * plain.width(), 2 * plain.height()));
    for y in 0..dense.height() {
        assert!((0..dense.width()).all(|x| dense.level(x, y) == plain.level(x / 2, y / 2)), "row {y}");
    }
    // Labels have any width; the picture still is a whole number of the page's pixels.
    for factor in [2, 3, 5] {
        let labelled =
            Grid::new(&tiles[..], 1, 3).unwrap().title("a").key("v").density(factor).draw().unwrap();
        assert_eq!((labelled.width() % factor, labelled.height() % factor), (0, 0));
    }
    let densest = Grid::new(&tiles[..], 1, 3).unwrap().density(usize::MAX).draw().unwrap();
    assert_eq!(densest.density(), 8);
}

#[test]
fn a_key_is_below_the_tiles_and_inside_the_picture() {
    let tiles = [0.25_f32; 4];
    for columns in [1, 4] {
        let bare = Grid::new(&tiles[..], 1, 1).unwrap().columns(columns).upscale(60);
        let keyed = bare.clone().key("intensity").draw().unwrap();
        let bare = bare.draw().unwrap();
        let (w, h) = (keyed.width(), keyed.height());
        assert!(h > bare.height() && w >= bare.width());
        // White is the right end of the ramp, black the left one; no tile has them.
        let below = |level| {
            (0..h).flat_map(|y| (0..w).map(move |x| (x, y))).find(|&(x, y)| keyed.level(x, y) == Some(level))
        };
        let (black, white) = (below(0).unwrap(), below(255).unwrap());
        assert!(black.1 >= bare.height() && black.0 < white.0 && black.1 == white.1);
        assert!((0..h).all(|y| keyed.level(w - 1, y) == Some(BACKGROUND)));
        assert!((0..w).all(|x| keyed.level(x, h - 1) == Some(BACKGROUND)));
    }
}

#[test]
fn only_outlined_tiles_have_a_frame() {
    let tiles = [0.0_f32; 6];
    let grid = Grid::new(&tiles[..], 1, 1).unwrap().columns(3).gap(4).upscale(5).outline([4, 99]);
    let picture = grid.draw().unwrap();
    // Tile 4 is the middle one of the second row; its frame is 2 pixels wide.
    let corner = (4 + 9, 4 + 9);
    for y in 0..picture.height() {
        for x in 0..picture.width() {
            let inside = |margin: usize| {
                (corner.0 - margin..corner.0 + 5 + margin).contains(&x)
                    && (corner.1 - margin..corner.1 + 5 + margin).contains(&y)
            };
            let framed = inside(2) && !inside(0);
            assert_eq!(picture.level(x, y) == Some(255), framed, "({x}, {y})");
        }
    }
}

#[test]
fn letters_do_not_touch_the_edge() {
    let bare =
        Grid::new(&[1.0_f32; 4][..], 1, 1).unwrap().columns(2).upscale(90).grey_scale(GreyScale::INTENSITY);
    for grid in
        [bare.clone().title("no noise"), bare.clone().key("weight"), bare.clone().title("a").key("weight")]
    {
        let picture = grid.draw().unwrap();
        let (w, h) = (picture.width(), picture.height());
        let is_empty = |x: usize| (0..h).all(|y| picture.level(x, y) == Some(BACKGROUND));
        let left = (0..w).take_while(|&x| is_empty(x)).count();
        let right = (0..w).rev().take_while(|&x| is_empty(x)).count();
        assert!(left >= 8 && right >= 8, "{left} and {right} pixels beside it");
        assert!(left.abs_diff(right) <= 2, "{left} and {right} pixels beside it");
    }
    assert_eq!(bare.draw().unwrap().width(), 2 + 90 + 2 + 90 + 2);
}
