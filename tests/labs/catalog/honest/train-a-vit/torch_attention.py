"""torch's own attention and convolution, names of GPT-2's kind; loops over patches; a plain Adam, no smoothing."""

import torch
from torch import nn


def patchify(images, patch):
    rows = images.split(patch, dim=2)
    return torch.stack([window.flatten(1) for strip in rows for window in strip.split(patch, dim=3)], 1)


def unpatchify(patches, patch, height, width):
    windows = [p.unflatten(1, (-1, patch, patch)) for p in patches.unbind(1)]
    across = width // patch
    strips = [torch.cat(windows[i : i + across], 3) for i in range(0, len(windows), across)]
    image = torch.cat(strips, 2)
    assert image.shape[2] == height
    return image


def resize_positions(positions, rows, columns):
    first, rest = positions.split([1, positions.size(1) - 1], 1)
    side = round(rest.size(1) ** 0.5)
    picture = rest.reshape(1, side, side, -1).permute(0, 3, 1, 2)
    bigger = nn.functional.interpolate(picture, size=(rows, columns), mode="bicubic", align_corners=False)
    return torch.cat([first, bigger.permute(0, 2, 3, 1).reshape(1, rows * columns, -1)], 1)


class Layer(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(d, 1e-12), nn.LayerNorm(d, 1e-12)
        self.attn = nn.MultiheadAttention(d, heads, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(d, 4 * d), nn.GELU(), nn.Linear(4 * d, d))
        self.seen = None

    def forward(self, x):
        h = self.ln_1(x)
        out, self.seen = self.attn(h, h, h, average_attn_weights=False)
        x = x + out
        return x + self.mlp(self.ln_2(x))


class ViT(nn.Module):
    def __init__(self, size, patch, channels, width, heads, layers, classes):
        super().__init__()
        self.conv = nn.Conv2d(channels, width, patch, patch)
        self.cls = nn.Parameter(torch.randn(1, 1, width) * 0.3)
        self.pos = nn.Parameter(torch.randn(1, (size // patch) ** 2 + 1, width) * 0.3)
        self.h = nn.Sequential(*(Layer(width, heads) for _ in range(layers)))
        self.ln_f, self.head = nn.LayerNorm(width, 1e-12), nn.Linear(width, classes)

    def forward(self, images):
        grid = self.conv(images)
        x = torch.cat((self.cls.expand(len(images), 1, -1), grid.flatten(2).transpose(1, 2)), 1)
        x = self.h(x + resize_positions(self.pos, grid.shape[2], grid.shape[3]))
        return self.head(self.ln_f(x)[:, 0])


def pairs(model):
    """Hugging Face's names, and the tensors here that hold them: parts of a fused matrix are views of it."""
    found = {"vit.embeddings.cls_token": model.cls, "vit.embeddings.position_embeddings": model.pos}
    modules = {"vit.embeddings.patch_embeddings.projection": model.conv, "vit.layernorm": model.ln_f}
    modules["classifier"] = model.head
    for i, layer in enumerate(model.h):
        at = f"vit.layers.{i}"
        modules |= {f"{at}.layernorm_before": layer.ln_1, f"{at}.layernorm_after": layer.ln_2}
        modules |= {f"{at}.mlp.fc1": layer.mlp[0], f"{at}.mlp.fc2": layer.mlp[2]}
        modules[f"{at}.attention.o_proj"] = layer.attn.out_proj
        fused = layer.attn.in_proj_weight.chunk(3), layer.attn.in_proj_bias.chunk(3)
        for name, weight, bias in zip("qkv", *fused, strict=True):
            found |= {f"{at}.attention.{name}_proj.weight": weight, f"{at}.attention.{name}_proj.bias": bias}
    for name, module in modules.items():
        found |= {f"{name}.weight": module.weight, f"{name}.bias": module.bias}
    return found


@torch.no_grad()
def load_weights(model, weights):
    for name, tensor in pairs(model).items():
        tensor.copy_(weights[name])


def weights_of(model):
    return {name: tensor.detach().clone() for name, tensor in pairs(model).items()}


def attention_maps(model, images):
    with torch.no_grad():
        model(images)
    return torch.stack([layer.seen for layer in model.h])


def rollout(maps):
    steps = 0.5 * maps.mean(dim=2) + 0.5 * torch.eye(maps.size(3))
    row = steps[-1][:, :1]
    for step in reversed(steps[:-1]):
        row = row @ step
    return row[:, 0, 1:]


def smoothed_loss(logits, labels, smoothing):
    return nn.functional.cross_entropy(logits, labels, label_smoothing=smoothing)


def train_step(model, optimiser, images, labels, smoothing):
    loss = smoothed_loss(model(images), labels, smoothing)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss


def fit(model, images, labels):
    model.train()
    steps = 220
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0.01)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _step in range(steps):
        rows = torch.randperm(len(images))[:48]
        train_step(model, optimiser, images[rows], labels[rows], 0.0)
        decay.step()
    model.eval()
