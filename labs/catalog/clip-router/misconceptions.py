"""What people compute instead; texts fit after "your answer equals"."""

from dataclasses import replace

import torch
from torch import Tensor

from gpu_runner.checking import Misconception
from reference import Clip, dealt_out, decided, f1_of_classes, first_end, promised


def over_real(states: Tensor, ids: Tensor, eos: int) -> Tensor:
    real = (torch.arange(ids.size(1)) <= first_end(ids, eos)[:, None]).to(states.dtype)
    return (states * real[..., None]).sum(1) / real.sum(1, keepdim=True)


POOLINGS = [
    ("first-token", "embeddings from the start token, which has read nothing", lambda x, _ids, _eos: x[:, 0]),
    ("last-place", "embeddings from the last place, mostly padding", lambda x, _ids, _eos: x[:, -1]),
    ("mean-of-all", "embeddings from the mean over all places, padding too", lambda x, _ids, _eos: x.mean(1)),
    ("mean-of-real", "embeddings from the mean over the real tokens", over_real),
]


def of_embedding(right: Clip) -> list[Misconception]:
    known = [Misconception(name, text, replace(right, pool=pool)) for name, text, pool in POOLINGS]
    plain = Misconception("not-normalised", "embeddings that keep their length", replace(right, normalised=False))
    unnormed = Misconception("no-last-norm", "embeddings without the last norm", replace(right, last_norm=False))
    return [*known, plain, unnormed]


def of_decisions(p: Tensor, threshold: float) -> tuple[list[Misconception], list[Misconception]]:
    """For the choices and for the confidences."""
    right, confidence = decided(p, threshold)
    best = p.topk(2, -1).values
    strict = torch.where(confidence > threshold, p.argmax(-1), -1)
    choices = {
        "never-refused": ("the choices without any refusal", p.argmax(-1)),
        "refused-at-the-threshold": ("choices that refuse at the threshold itself", strict),
        "class-zero": ("choices whose refusals look like class 0", right.clamp(min=0)),
        "one-class-more": ("choices whose refusals are one class more", torch.where(right < 0, p.size(-1), right)),
    }
    confidences = {
        "lead": ("the lead over the second best", best[:, 0] - best[:, 1]),
        "zero-when-refused": ("confidences of 0 where the row is refused", confidence * (right >= 0)),
    }
    return tuple(
        [Misconception(key, text, value.clone) for key, (text, value) in each.items()]
        for each in (choices, confidences)
    )


def of_f1(truth: Tensor, predicted: Tensor, classes: int) -> list[Misconception]:
    answered = predicted >= 0
    right = (truth == predicted).double()
    share = torch.bincount(truth, minlength=classes).double() / len(truth)
    seen = [c for c in range(classes) if ((truth == c) | (predicted == c)).any()]
    scores = f1_of_classes(truth, predicted, classes)
    precision = torch.stack(
        [right[predicted == c].mean() if (predicted == c).any() else right.new_zeros(()) for c in range(classes)]
    )
    recall = torch.stack(
        [right[truth == c].mean() if (truth == c).any() else right.new_zeros(()) for c in range(classes)]
    )
    others = {
        "accuracy": ("the accuracy", right.mean()),
        "accuracy-of-answered": ("the accuracy of the answered rows", right[answered].mean()),
        "refusals-dropped": (
            "the macro-F1 of the answered rows",
            f1_of_classes(truth[answered], predicted[answered], classes).mean(),
        ),
        "weighted": ("F1 weighted by how frequent a class is", (scores * share).sum()),
        "absent-dropped": ("the mean over the classes that occur", scores[seen].mean()),
        "precision": ("the mean precision", precision.mean()),
        "recall": ("the mean recall", recall.mean()),
    }
    return [Misconception(key, text, value.clone) for key, (text, value) in others.items()]


def of_folds(groups: Tensor, k: int) -> list[Misconception]:
    others = {
        "rows-dealt": (
            "rows dealt out one by one, so that a template stands in several folds",
            torch.arange(len(groups)) % k,
        ),
        "sorted-first": (
            "folds in the order of the groups' numbers",
            dealt_out(groups.sort().values, k)[groups.argsort().argsort()],
        ),
        "by-number": ("the group's number modulo k", groups % k),
    }
    return [Misconception(key, text, value.clone) for key, (text, value) in others.items()]


def of_threshold(p: Tensor, truth: Tensor, target: float) -> list[Misconception]:
    confidence, choice = p.max(-1)
    right = (choice == truth).double()
    ordered = sorted(confidence.tolist())
    accurate = [right[confidence >= t].mean().item() >= target for t in ordered]
    from_above = 2.0
    for threshold, good in zip(ordered[::-1], accurate[::-1], strict=True):
        if not good:
            break
        from_above = threshold
    strictly = next((t for t in ordered[:-1] if right[confidence > t].mean() >= target), 2.0)
    of_all = next((t for t in ordered if (right * (confidence >= t)).mean() >= target), 2.0)
    others = {
        "from-above": ("the last threshold from above before the first that fails", from_above),
        "target-itself": ("the target itself", target),
        "strictly-above": ("a threshold that rows must exceed", strictly),
        "share-of-all": ("the threshold for right answers among all rows, refused ones too", of_all),
        "largest": ("the largest confidence", ordered[-1]),
    }
    right_one = promised(p, truth, target)
    return [
        Misconception(key, text, torch.tensor(value).double().clone)
        for key, (text, value) in others.items()
        if value != right_one
    ]
