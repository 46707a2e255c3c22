//! Runs ONNX files with tract. Each line of standard input is a job of three paths separated by tabs: the ONNX file, its samples and
//! the file for its outputs. Samples are raw little-endian float32, or bytes if the name ends in `.u8`; outputs are written one after
//! another as float32.

use std::error::Error;
use std::io::BufRead;
use tract_onnx::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let [model, samples, out] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("{line:?} is not a job of three paths").into());
        };
        let outputs = run(model, samples).map_err(|error| format!("{model}: {error}"))?;
        std::fs::write(out, outputs)?;
    }
    Ok(())
}

fn run(model: &str, samples: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let plan = tract_onnx::onnx().model_for_path(model)?.into_optimized()?.into_runnable()?;
    let fact = plan.model().input_fact(0)?;
    let d = fact.shape[1].to_i64()? as usize;
    let bytes = std::fs::read(samples)?;
    let samples = match samples.ends_with(".u8") {
        true => Tensor::from_shape(&[bytes.len() / d, d], &bytes)?,
        false => {
            let floats: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
            Tensor::from_shape(&[floats.len() / d, d], &floats)?
        }
    };
    let mut out = Vec::new();
    for output in plan.run(tvec!(samples.into()))? {
        let floats = output.cast_to::<f32>()?;
        for value in floats.to_plain_array_view::<f32>()? {
            out.extend(value.to_le_bytes());
        }
    }
    Ok(out)
}
