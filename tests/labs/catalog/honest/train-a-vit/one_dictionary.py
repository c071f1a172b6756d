"""Bare parameters in one dictionary, attention by einsum, patches by unfold; Adam over five epochs."""

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - the usual name


def patchify(images, patch):
    return F.unfold(images, patch, stride=patch).mT  # unfold's columns are channel, row, column


def unpatchify(patches, patch, height, width):
    return F.fold(patches.mT, (height, width), patch, stride=patch)


def resize_positions(positions, rows, columns):
    side = int((positions.shape[1] - 1) ** 0.5 + 0.5)
    grid = positions[0, 1:].T.reshape(1, -1, side, side)
    grid = F.interpolate(grid, (rows, columns), mode="bicubic")
    return torch.cat([positions[:, :1], grid.flatten(2).permute(0, 2, 1)], 1)


class ViT(nn.Module):
    def __init__(self, size, patch, channels, width, heads, layers, classes):
        super().__init__()
        self.patch, self.heads, self.layers = patch, heads, layers
        start = {
            "vit/embeddings/cls_token": torch.zeros(1, 1, width),
            "vit/embeddings/position_embeddings": torch.randn(1, 1 + (size // patch) ** 2, width),
            "vit/embeddings/patch_embeddings/projection/weight": torch.randn(width, channels, patch, patch) / 2,
            "vit/embeddings/patch_embeddings/projection/bias": torch.zeros(width),
            "classifier/weight": torch.randn(classes, width) * width**-0.5,
            "classifier/bias": torch.zeros(classes),
        }
        norms = ["vit/layernorm"]
        for i in range(layers):
            block = f"vit/layers/{i}"
            sizes = {f"attention/{n}_proj": (width, width) for n in "qkvo"}
            sizes |= {"mlp/fc1": (4 * width, width), "mlp/fc2": (width, 4 * width)}
            for name, (outs, ins) in sizes.items():
                start[f"{block}/{name}/weight"] = torch.randn(outs, ins) * ins**-0.5
                start[f"{block}/{name}/bias"] = torch.zeros(outs)
            norms += [f"{block}/layernorm_before", f"{block}/layernorm_after"]
        for name in norms:
            start |= {f"{name}/weight": torch.ones(width), f"{name}/bias": torch.zeros(width)}
        self.all = nn.ParameterDict(start)

    def forward(self, images, maps=None):
        w = self.all

        def norm(name, x):
            return F.layer_norm(x, x.shape[-1:], w[f"{name}/weight"], w[f"{name}/bias"], 1e-12)

        def linear(name, x):
            return F.linear(x, w[f"{name}/weight"], w[f"{name}/bias"])

        stem = "vit/embeddings/patch_embeddings/projection"
        x = F.conv2d(images, w[f"{stem}/weight"], w[f"{stem}/bias"], stride=self.patch)
        places = resize_positions(w["vit/embeddings/position_embeddings"], *x.shape[2:])
        x = torch.cat([w["vit/embeddings/cls_token"].repeat(len(x), 1, 1), x.flatten(2).mT], 1) + places
        for i in range(self.layers):
            block = f"vit/layers/{i}"
            h = norm(f"{block}/layernorm_before", x)
            q, k, v = (linear(f"{block}/attention/{n}_proj", h).unflatten(2, (self.heads, -1)) for n in "qkv")
            a = torch.einsum("bqhd,bkhd->bhqk", q * q.shape[-1] ** -0.5, k).softmax(-1)
            if maps is not None:
                maps.append(a)
            x = x + linear(f"{block}/attention/o_proj", torch.einsum("bhqk,bkhd->bqhd", a, v).flatten(2))
            x = x + linear(f"{block}/mlp/fc2", F.gelu(linear(f"{block}/mlp/fc1", norm(f"{block}/layernorm_after", x))))
        return linear("classifier", norm("vit/layernorm", x[:, 0]))


def load_weights(model, weights):
    model.all.load_state_dict({name.replace(".", "/"): array for name, array in weights.items()})


def weights_of(model):
    return {name.replace("/", "."): p.data.clone() for name, p in model.all.items()}


@torch.no_grad()
def attention_maps(model, images):
    maps = []
    model(images, maps)
    return torch.stack(maps)


def rollout(maps):
    one = torch.eye(maps.shape[-1])
    result = one
    for a in maps:
        mixed = a.mean(1) + one
        result = torch.bmm(mixed / mixed.sum(-1, keepdim=True), result.expand_as(mixed))
    return result[:, 0, 1:]


def smoothed_loss(logits, labels, smoothing):
    classes = logits.shape[1]
    target = F.one_hot(labels, classes) * (1 - smoothing) + smoothing / classes
    return F.cross_entropy(logits, target)


def train_step(model, optimiser, images, labels, smoothing):
    model.zero_grad()
    loss = smoothed_loss(model(images), labels, smoothing)
    loss.backward()
    optimiser.step()
    return loss.item()


def fit(model, images, labels):
    optimiser = torch.optim.Adam(model.parameters(), lr=4e-3)
    for _epoch in range(5):
        for rows in torch.randperm(len(images)).split(32):
            train_step(model, optimiser, images[rows], labels[rows], 0.05)
