# fails: patchify, logits, resolution, maps, steps, trained
# mistake: channels-last
"""Within a patch channels come last; and nothing trains yet."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, interpolate


def patchify(images: Tensor, patch: int) -> Tensor:
    """Images (B, C, H, W) -> patches (B, N, C·P·P), row by row; within a patch channel, row, column."""
    b, c, h, w = images.shape
    grid = images.reshape(b, c, h // patch, patch, w // patch, patch)  # (B, C, rows, P, columns, P)
    return grid.permute(0, 2, 4, 3, 5, 1).reshape(b, -1, c * patch * patch)


def unpatchify(patches: Tensor, patch: int, height: int, width: int) -> Tensor:
    """The way back: (B, N, C·P·P) -> (B, C, H, W)."""
    rows, columns = height // patch, width // patch
    grid = patches.reshape(len(patches), rows, columns, -1, patch, patch)  # (B, rows, columns, C, P, P)
    return grid.permute(0, 3, 1, 4, 2, 5).reshape(len(patches), -1, height, width)


def resize_positions(positions: Tensor, rows: int, columns: int) -> Tensor:
    """Positions (1, 1 + G·G, D) for a grid of rows × columns: (1, 1 + rows·columns, D); that of [CLS] stays."""
    side = math.isqrt(positions.size(1) - 1)
    if (rows, columns) == (side, side):
        return positions
    first, grid = positions[:, :1], positions[:, 1:]
    picture = grid.mT.unflatten(2, (side, side))  # (1, D, G, G)
    picture = interpolate(picture, size=(rows, columns), mode="bicubic", align_corners=False)
    return torch.cat([first, picture.flatten(2).mT], dim=1)


class Block(nn.Module):
    """Pre-norm attention and MLP; returns the new stream and the attention weights (B, H, T, T)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-12), nn.LayerNorm(width, eps=1e-12)
        self.q, self.k, self.v, self.o = (nn.Linear(width, width) for _ in range(4))
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = self.norm1(x)
        q, k, v = (
            f(h).unflatten(2, (self.heads, -1)).transpose(1, 2) for f in (self.q, self.k, self.v)
        )  # (B, H, T, d)
        weights = (q @ k.mT / math.sqrt(q.size(-1))).softmax(-1)
        x = x + self.o((weights @ v).transpose(1, 2).flatten(2))
        return x + self.down(gelu(self.up(self.norm2(x)))), weights


class ViT(nn.Module):
    """Images (B, C, H, W), H and W multiples of the patch -> logits (B, classes)."""

    def __init__(self, size: int, patch: int, channels: int, width: int, heads: int, layers: int, classes: int) -> None:
        super().__init__()
        self.patch = patch
        self.embed = nn.Linear(channels * patch * patch, width)  # a convolution with stride P, as one matrix
        self.cls = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(0.5 * torch.randn(1, 1 + (size // patch) ** 2, width))
        self.blocks = nn.ModuleList([Block(width, heads) for _ in range(layers)])
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.head = nn.Linear(width, classes)

    def forward(self, images: Tensor) -> Tensor:
        return self.through(images)[0]

    def through(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The logits, and the attention of all blocks (L, B, H, T, T)."""
        rows, columns = images.size(2) // self.patch, images.size(3) // self.patch
        x = self.embed(patchify(images, self.patch))  # (B, N, D)
        x = torch.cat([self.cls.expand(len(x), -1, -1), x], dim=1) + resize_positions(self.positions, rows, columns)
        maps = []
        for block in self.blocks:
            x, weights = block(x)
            maps.append(weights)
        return self.head(self.norm(x)[:, 0]), torch.stack(maps)


BLOCK = {
    "norm1": "layernorm_before",
    "norm2": "layernorm_after",
    "q": "attention.q_proj",
    "k": "attention.k_proj",
    "v": "attention.v_proj",
    "o": "attention.o_proj",
    "up": "mlp.fc1",
    "down": "mlp.fc2",
}


def theirs(name: str) -> str:
    """One of our parameters' names -> Hugging Face's: blocks.1.q.bias -> vit.layers.1.attention.q_proj.bias."""
    match name.split("."):
        case ["cls"]:
            return "vit.embeddings.cls_token"
        case ["positions"]:
            return "vit.embeddings.position_embeddings"
        case ["embed", kind]:
            return f"vit.embeddings.patch_embeddings.projection.{kind}"
        case ["blocks", i, inner, kind]:
            return f"vit.layers.{i}.{BLOCK[inner]}.{kind}"
        case [outer, kind]:
            return f"{'classifier' if outer == 'head' else 'vit.layernorm'}.{kind}"
    raise KeyError(name)


def load_weights(model: ViT, weights: dict[str, Tensor]) -> None:
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(weights[theirs(name)].view_as(parameter))  # a kernel (D, C, P, P) is a matrix (D, C·P·P)


def weights_of(model: ViT) -> dict[str, Tensor]:
    weights = {theirs(name): parameter.detach().clone() for name, parameter in model.named_parameters()}
    kernel = "vit.embeddings.patch_embeddings.projection.weight"
    return weights | {kernel: weights[kernel].unflatten(1, (-1, model.patch, model.patch))}


def attention_maps(model: ViT, images: Tensor) -> Tensor:
    """What every head of every block looks at: (L, B, H, T, T)."""
    with torch.no_grad():
        return model.through(images)[1]


def rollout(maps: Tensor) -> Tensor:
    """Attention maps (L, B, H, T, T) -> how much of each patch has reached [CLS], (B, N)."""
    mixed = (maps.mean(2) + torch.eye(maps.size(-1))) / 2  # (L, B, T, T): half of a token goes past the attention
    joint = mixed[0]
    for layer in mixed[1:]:
        joint = layer @ joint  # what a later layer reads has been mixed by all before
    return joint[:, 0, 1:]


def smoothed_loss(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    log_p = logits.log_softmax(-1)
    hit = log_p.gather(1, labels[:, None])[:, 0]
    return -((1 - smoothing) * hit + smoothing * log_p.mean(1)).mean()


def train_step(
    model: ViT, optimiser: torch.optim.Optimizer, images: Tensor, labels: Tensor, smoothing: float
) -> Tensor:
    """One step; returns the loss before it."""
    loss = smoothed_loss(model(images), labels, smoothing)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.detach()


def fit(model: ViT, images: Tensor, labels: Tensor) -> None:
    """Nothing trains yet."""
