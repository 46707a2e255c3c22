//! The network in burn, on its CPU backend flex, gradients written out; answers as `../../common.py` says.

use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Distribution, Tensor, TensorData};
use std::collections::HashMap;
use std::io::Read;
use std::time::Instant;

const N_VISIBLE: usize = 784;
const INITIAL_GAIN: f64 = 4.0;
const BETA1: f32 = 0.9;
const BETA2: f32 = 0.999;
const EPSILON: f32 = 1e-8;
/// Rows encoded at a time: their codes are still in the cache when the sigmoid follows.
const ENCODE_ROWS: usize = 1000;

type Error = Box<dyn std::error::Error>;

/// The arguments, `--name value` or `--untied`.
struct Work(HashMap<String, String>);

impl Work {
    fn parse() -> Result<Self, Error> {
        let mut given = HashMap::new();
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let name = word.strip_prefix("--").ok_or("an option was expected")?.to_owned();
            let value = if name == "untied" { String::new() } else { words.next().ok_or("a value is missing")? };
            given.insert(name, value);
        }
        Ok(Self(given))
    }

    fn text(&self, name: &str) -> Result<&str, Error> {
        self.0.get(name).map(String::as_str).ok_or_else(|| format!("--{name} is missing").into())
    }

    fn number<T: std::str::FromStr<Err: std::error::Error + 'static>>(&self, name: &str) -> Result<T, Error> {
        Ok(self.text(name)?.parse()?)
    }
}

/// Pixels of a gzipped IDX file of images, row by row.
fn read_images(path: &str) -> Result<Vec<f32>, Error> {
    let mut content = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path)?).read_to_end(&mut content)?;
    if content.len() < 16 || content[..4] != [0, 0, 8, 3] || !(content.len() - 16).is_multiple_of(N_VISIBLE) {
        return Err(format!("{path}: not an IDX file of 28x28 images").into());
    }
    Ok(content[16..].iter().map(|&byte| f32::from(byte) / 255.0).collect())
}

/// SplitMix64 (Steele, Lea & Flood 2014): eight bytes of noise from a few instructions.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn shuffle(&mut self, order: &mut [usize]) {
        for last in (1..order.len()).rev() {
            order.swap(last, (self.next() % (last as u64 + 1)) as usize);
        }
    }
}

/// Parameters; `w` is (h, d), `v` the decoder's (d, h) where it has its own.
struct Network {
    w: Tensor<2>,
    v: Option<Tensor<2>>,
    b: Tensor<2>,
    c: Tensor<2>,
    update: Update,
}

/// The optimizer: plain steps, or Adam with two moments for each of w, v, b, c and the number of steps.
struct Update {
    rate: f32,
    moments: Option<(i32, HashMap<&'static str, (Tensor<2>, Tensor<2>)>)>,
}

impl Update {
    fn apply(&mut self, name: &'static str, parameter: Tensor<2>, gradient: Tensor<2>) -> Tensor<2> {
        let Some((n_steps, moments)) = &mut self.moments else {
            return parameter - gradient.mul_scalar(self.rate);
        };
        let zeros = || (gradient.zeros_like(), gradient.zeros_like());
        let (first, second) = moments.remove(name).unwrap_or_else(zeros);
        let first = first.mul_scalar(BETA1) + gradient.clone().mul_scalar(1.0 - BETA1);
        let second = second.mul_scalar(BETA2) + (gradient.clone() * gradient).mul_scalar(1.0 - BETA2);
        let rate = self.rate / (1.0 - BETA1.powi(*n_steps));
        let correction = 1.0 / (1.0 - BETA2.powi(*n_steps)).sqrt();
        let step = first.clone().mul_scalar(rate) / second.clone().sqrt().mul_scalar(correction).add_scalar(EPSILON);
        moments.insert(name, (first, second));
        parameter - step
    }
}

impl Network {
    fn new(work: &Work, device: &Device) -> Result<Self, Error> {
        let hidden: usize = work.number("hidden")?;
        let bound = INITIAL_GAIN * (6.0 / (N_VISIBLE + hidden) as f64).sqrt();
        let uniform = |shape: [usize; 2]| Tensor::<2>::random(shape, Distribution::Uniform(-bound, bound), device);
        let adam = work.text("optimizer")? == "adam";
        Ok(Self {
            w: uniform([hidden, N_VISIBLE]),
            v: work.0.contains_key("untied").then(|| uniform([N_VISIBLE, hidden])),
            b: Tensor::zeros([1, hidden], device),
            c: Tensor::zeros([1, N_VISIBLE], device),
            update: Update { rate: work.number("learning-rate")?, moments: adam.then(|| (0, HashMap::new())) },
        })
    }

    fn encode(&self, x: Tensor<2>) -> Tensor<2> {
        sigmoid(x.matmul(self.w.clone().transpose()) + self.b.clone())
    }

    /// One step on a batch; the sum of its squared errors as a tensor, so that nothing waits for it.
    fn step(&mut self, x: Tensor<2>, corrupted: Tensor<2>) -> Tensor<1> {
        let n = x.dims()[0] as f32;
        let decoder = self.v.clone().map_or_else(|| self.w.clone(), Tensor::transpose);
        let code = self.encode(corrupted.clone());
        let restored = sigmoid(code.clone().matmul(decoder.clone()) + self.c.clone());
        let error = restored.clone() - x;
        let total = (error.clone() * error.clone()).sum();
        let slope = restored.clone() - restored.clone() * restored;
        let d_visible = (error * slope).mul_scalar(2.0 / n);
        let slope = code.clone() - code.clone() * code.clone();
        let d_hidden = d_visible.clone().matmul(decoder.transpose()) * slope;

        if let Some((n_steps, _)) = &mut self.update.moments {
            *n_steps += 1;
        }
        let of_w = d_hidden.clone().transpose().matmul(corrupted);
        let of_w = match self.v.take() {
            Some(v) => {
                self.v = Some(self.update.apply("v", v, d_visible.clone().transpose().matmul(code)));
                of_w
            }
            None => of_w + code.transpose().matmul(d_visible.clone()),
        };
        self.w = self.update.apply("w", self.w.clone(), of_w);
        self.b = self.update.apply("b", self.b.clone(), d_hidden.sum_dim(0));
        self.c = self.update.apply("c", self.c.clone(), d_visible.sum_dim(0));
        total
    }
}

/// Batches in a fresh order, freshly masked.
struct Batches {
    images: Vec<f32>,
    batch: usize,
    /// A component is masked where a random byte is below this.
    threshold: u64,
    noise: Noise,
    device: Device,
}

impl Batches {
    fn tensor(&self, rows: Vec<f32>) -> Tensor<2> {
        let n = rows.len() / N_VISIBLE;
        Tensor::from_data(TensorData::new(rows, [n, N_VISIBLE]), &self.device)
    }

    fn next(&mut self, rows: &[usize]) -> (Tensor<2>, Tensor<2>) {
        let mut clean = Vec::with_capacity(rows.len() * N_VISIBLE);
        for &row in rows {
            clean.extend_from_slice(&self.images[row * N_VISIBLE..(row + 1) * N_VISIBLE]);
        }
        let mut corrupted = clean.clone();
        for eight in corrupted.chunks_exact_mut(8) {
            let word = self.noise.next();
            for (i, value) in eight.iter_mut().enumerate() {
                let kept = (word >> (8 * i)) & 0xff >= self.threshold;
                *value *= f32::from(u8::from(kept));
            }
        }
        (self.tensor(clean), self.tensor(corrupted))
    }
}

fn train(network: &mut Network, batches: &mut Batches) -> f64 {
    let n = batches.images.len() / N_VISIBLE;
    let mut order: Vec<usize> = (0..n).collect();
    batches.noise.shuffle(&mut order);
    let mut total = 0.0;
    for rows in order.chunks(batches.batch) {
        let (clean, corrupted) = batches.next(rows);
        total += f64::from(network.step(clean, corrupted).into_scalar::<f32>());
    }
    total / n as f64
}

fn encode(network: &Network, images: &Tensor<2>) {
    let n = images.dims()[0];
    let parts: Vec<_> = (0..n)
        .step_by(ENCODE_ROWS)
        .map(|first| network.encode(images.clone().slice([first..n.min(first + ENCODE_ROWS), 0..N_VISIBLE])))
        .collect();
    // Joining them would only copy: the codes are all there.
    std::hint::black_box(parts);
}

fn peak_rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

fn main() -> Result<(), Error> {
    let started = Instant::now();
    let work = Work::parse()?;
    if work.text("precision")? != "f32" {
        return Err("flex computes bf16 by way of f32: nothing to measure".into());
    }
    let seed: u64 = work.number("seed")?;
    let device = Device::flex();
    device.seed(seed);
    let mut network = Network::new(&work, &device)?;
    let images = read_images(work.text("images")?)?;
    let n = images.len() / N_VISIBLE;
    let masking: f64 = work.number("masking")?;
    let mut batches = Batches {
        images,
        batch: work.number("batch")?,
        threshold: (masking * 256.0) as u64,
        noise: Noise(seed),
        device,
    };
    let encoding = work.text("task")? == "encode";
    let resident = encoding.then(|| batches.tensor(batches.images.clone()));
    let warmup: usize = work.number("warmup")?;
    let epochs: usize = work.number("epochs")?;
    let (mut setup, mut seconds, mut losses) = (0.0, Vec::new(), Vec::new());
    for number in 0..warmup + epochs {
        if number == warmup {
            setup = started.elapsed().as_secs_f64();
        }
        let begin = Instant::now();
        let loss = match &resident {
            Some(images) => {
                encode(&network, images);
                None
            }
            None => Some(train(&mut network, &mut batches)),
        };
        if number >= warmup {
            seconds.push(begin.elapsed().as_secs_f64());
            losses.extend(loss);
        }
    }
    let answer = serde_json::json!({
        "name": "burn (flex)", "version": "0.22.1", "precision": "f32", "threads": work.number::<usize>("threads")?,
        "setup_seconds": setup, "epoch_seconds": seconds, "samples_per_epoch": n, "losses": losses,
        "peak_rss_bytes": peak_rss_bytes(),
    });
    println!("{answer}");
    Ok(())
}
