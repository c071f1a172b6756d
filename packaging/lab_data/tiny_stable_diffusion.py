"""Write the names and shapes of the weights that the lab `fine-tune-stable-diffusion` draws for each submission.

    python packaging/lab_data/tiny_stable_diffusion.py labs/catalog/fine-tune-stable-diffusion

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
        "vae": probe.AutoencoderKL(**probe.VAE),
        "text": probe.CLIPTextModel(probe.CLIPTextConfig(**probe.TEXT)),
    }
    shapes = {
        part: {name: list(tensor.shape) for name, tensor in model.state_dict().items() if "post_" not in name}
        for part, model in models.items()
    }
    shapes["vae"] = {name: shape for name, shape in shapes["vae"].items() if not name.startswith("decoder.")}
    text = json.dumps(shapes, indent=0) + "\n"
    (lab / "data" / "shapes.json").write_text(text)
    print(f"{hashlib.sha256(text.encode()).hexdigest()}  shapes.json  {len(text):,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
