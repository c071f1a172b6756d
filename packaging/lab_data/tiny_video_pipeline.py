"""Write the names and shapes of the weights that the lab `video-diffusion-pipeline` draws for each submission.

    python packaging/lab_data/tiny_video_pipeline.py labs/catalog/video-diffusion-pipeline

reads the tiny configs in the lab's `probe.py`, makes the models of diffusers and transformers and writes
`data/shapes.json`. Nothing is trained; the file holds no weights. Prints its SHA-256.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from pathlib import Path


def main(lab: Path) -> None:
    sys.path.insert(0, str(lab))
    probe = importlib.import_module("probe")
    models = {
        "unet": probe.UNet2DConditionModel(**probe.UNET),
        "motion": probe.MotionAdapter(**probe.MOTION),
        "vae": probe.AutoencoderKL(**probe.VAE),
        "text": probe.CLIPTextModel(probe.CLIPTextConfig(**probe.TEXT)),
    }
    shapes = {part: {name: list(a.shape) for name, a in model.state_dict().items()} for part, model in models.items()}
    shapes["motion"] = {name: shape for name, shape in shapes["motion"].items() if not name.endswith(".pe")}
    decoder = ("decoder.", "post_quant_conv.")  # nothing is encoded in this lab
    shapes["vae"] = {name: shape for name, shape in shapes["vae"].items() if name.startswith(decoder)}
    text = json.dumps(shapes, indent=0) + "\n"
    (lab / "data" / "shapes.json").write_text(text)
    print(f"{hashlib.sha256(text.encode()).hexdigest()}  shapes.json  {len(text):,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
