use super::*;

fn chart(series: Series) -> Chart {
    Chart::new("t", Axis::linear("x"), Axis::linear("y")).series(series)
}

fn svg(chart: &Chart) -> String {
    let svg = chart.draw().to_svg();
    roxmltree::Document::parse(&svg).unwrap();
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    svg
}

/// The points of the polyline of the first series.
fn polyline(svg: &str) -> Vec<(f64, f64)> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let line = document.descendants().find(|n| n.tag_name().name() == "polyline").unwrap();
    let number = |s: &str| s.parse::<f64>().unwrap();
    let pair = |pair: &str| pair.split_once(',').map(|(x, y)| (number(x), number(y))).unwrap();
    line.attribute("points").unwrap().split(' ').map(pair).collect()
}

#[test]
fn data_are_mapped_linearly() {
    let data = [(0.0, 0.0), (1.0, 10.0), (2.5, 5.0), (10.0, 2.5)];
    let points = polyline(&svg(&chart(Series::new("s", data.map(|(x, y)| Point::new(x, y))))));
    // Coordinates are written to a hundredth of a pixel.
    let close = |a: f64, b: f64| assert!((a - b).abs() <= 0.011, "{a} {b}");
    let (left, right) = (points[0].0, points[3].0);
    close(points[1].0, left + (right - left) / 10.0);
    close(points[2].0, left + (right - left) / 4.0);
    let (zero, ten) = (points[0].1, points[1].1);
    close(zero - ten, PLOT_HEIGHT);
    close(points[2].1, zero + (ten - zero) / 2.0);
    close(points[3].1, zero + (ten - zero) / 4.0);
}

#[test]
fn points_outside_are_left_out_and_counted() {
    let points = [(0.0, 1.0), (1.0, f64::NAN), (f64::INFINITY, 2.0), (2.0, 1e300), (3.0, 4.0)];
    let points = points.map(|(x, y)| Point::new(x, y));
    let drawn = svg(&chart(Series::new("s", points)));
    assert_eq!(polyline(&drawn).len(), 2);
    assert_eq!(
        drawn.matches("3 points left out").count(),
        3,
        "below, in the description, and where that is shown"
    );
    let log = Chart::new("t", Axis::linear("x"), Axis::log("y"))
        .series(Series::new("s", [Point::new(0.0, 0.0), Point::new(1.0, 1.0)]));
    assert!(svg(&log).contains("1 point left out"));
}

#[test]
fn empty_and_one_point_charts_are_drawn() {
    assert!(svg(&Chart::new("t", Axis::linear("x"), Axis::log("y"))).contains("No points to show."));
    assert!(svg(&chart(Series::new("s", []))).contains("No points to show."));
    assert!(svg(&chart(Series::curve("s", [Point::new(3.0, 3.0)]))).contains("<circle"));
    svg(&chart(Series::new("s", [Point::new(1.0, 5.0), Point::new(1.0, 5.0)])));
    let wide = Estimate { value: 1.0, low: 0.5, high: 1.5 };
    let banded = chart(Series::new("s", [Point::estimated(0.0, wide), Point::estimated(1.0, wide)]).band());
    assert!(svg(&banded.reference("r", f64::NAN)).contains("class=\"band\""));
}

#[test]
fn names_pass_the_escape() {
    let hostile = "<script>alert('&')</script>";
    let drawn = svg(&Chart::new(hostile, Axis::linear(hostile), Axis::linear(hostile))
        .describe(hostile)
        .series(Series::scatter(hostile, [Point::new(0.0, 1.0)]))
        .reference(hostile, 2.0));
    assert!(!drawn.contains("<script"), "{drawn}");
}

#[test]
fn labels_move_apart_no_further_than_needed() {
    let apart = |wanted: &[f64]| move_apart(wanted, 10.0, (0.0, 100.0));
    assert_eq!(apart(&[20.0, 50.0]), [20.0, 50.0]);
    assert_eq!(apart(&[50.0, 50.0]), [45.0, 55.0]);
    assert_eq!(apart(&[50.0, 52.0, 54.0]), [42.0, 52.0, 62.0]);
    assert_eq!(apart(&[1.0, 2.0]), [0.0, 10.0]);
    assert_eq!(apart(&[99.0, 100.0, 100.0]), [80.0, 90.0, 100.0]);
    assert_eq!(apart(&[]), [0.0; 0]);
}
