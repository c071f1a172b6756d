"""What the two source documents hold, as ids and counts: the content may say it better but may lose none of it."""

from __future__ import annotations

PHASES = {
    "p1": ("Fundamentals", "1–2 months"),
    "p2": ("Transformers and NLP Foundations", "2–3 months"),
    "p3": ("Advanced NLP and LLMs", "2–3 months"),
    "p4": ("Vision Transformers", "1–2 months"),
    "p5": ("Diffusion Models for Images", "1–2 months"),
    "p6": ("Diffusion Models for Video", "1–2 months"),
    "p7": ("Keep Up with Research", ""),
}

# section -> how many lines of (topic, resource, tutorial, hands_on, tool), and the papers it must name
SECTIONS: dict[str, tuple[tuple[int, int, int, int, int], set[str]]] = {
    "p1.1": ((2, 3, 0, 0, 0), set()),
    "p1.2": ((1, 0, 2, 0, 0), set()),
    "p2.1": ((1, 1, 0, 0, 0), set()),
    "p2.2": ((1, 1, 0, 0, 0), set()),
    "p2.3": ((1, 0, 1, 0, 0), {"attention"}),
    "p2.4": ((1, 0, 2, 0, 0), {"bert", "gpt1", "gpt2"}),  # the documentation and the course are two lines
    "p2.5": ((0, 0, 0, 2, 0), set()),
    "p3.1": ((2, 1, 0, 0, 0), {"gpt3", "gpt4", "palm", "llama", "scaling", "chinchilla", "instructgpt", "flan"}),
    "p3.2": ((1, 1, 0, 0, 0), {"cot"}),
    "p3.3": ((0, 0, 0, 2, 0), {"lora", "qlora", "llmint8", "gptq"}),
    "p3.4": ((2, 0, 0, 0, 0), {"rag", "bleu", "rouge"}),
    "p4.1": ((2, 0, 0, 0, 0), {"vit"}),
    "p4.2": ((1, 0, 0, 2, 0), {"deit", "swin"}),
    "p4.3": ((1, 0, 0, 0, 1), {"detr", "segformer"}),
    "p5.1": ((1, 1, 0, 0, 0), {"gan", "vae"}),
    "p5.2": ((1, 0, 1, 0, 0), {"ddpm", "sde"}),
    "p5.3": ((0, 0, 0, 2, 0), set()),
    "p5.4": ((2, 0, 0, 0, 0), {"adm", "cfg", "dalle", "ldm"}),
    "p6.1": ((1, 0, 0, 0, 0), {"vdm", "imagenvideo"}),
    "p6.2": ((1, 0, 0, 0, 0), set()),
    "p6.3": ((0, 0, 0, 2, 0), set()),
    "p6.4": ((2, 0, 0, 0, 0), {"makeavideo", "consistency", "lcm"}),
    "p7.1": ((2, 0, 0, 0, 0), set()),
}
HANDS_ON = {"p2.5a", "p2.5b", "p3.3a", "p3.3b", "p4.2a", "p4.2b", "p5.3a", "p5.3b", "p6.3a", "p6.3b"}
CORRECTED = {"p1.1.mml", "p1.2.tensorflow", "p2.2.dl-book", "p3.2.applications", "p3.2.prompt-guide", "p5.1.book"}

MONTHS = {
    1: ("LLM Foundations", [1, 2, 3, 4]),
    2: ("Generative AI & Diffusion Models", [5, 6, 7, 8]),
    3: ("Optimization, Modularity & Advanced Research", [9, 10, 11, 12]),
}
# week -> title, kinds of lines, phases it draws on, labs its practical lines call for
WEEKS: dict[int, tuple[str, set[str], set[str], set[str]]] = {
    1: (
        "PyTorch Mastery",
        {"description", "project"},
        {"p1"},
        {"lab-w1-mlp", "lab-p1-backprop", "lab-p1-broadcast"},
    ),
    2: (
        "The Transformer Architecture (The Engine)",
        {"focus", "theory", "coding"},
        {"p2"},
        {"lab-sdpa", "lab-multi-head-attention", "lab-transformer-block"},
    ),
    3: (
        "Variants & Latent Spaces",
        {"focus", "theory", "coding"},
        {"p2", "p3"},
        {"lab-w3-shapes", "lab-p2-bpe"},
    ),
    4: (
        'Month 1 Capstone – A "Router" Prototype',
        {"goal", "project", "milestone"},
        {"p2", "p3"},
        {"lab-w4-router"},
    ),
    5: (
        "The Math of Diffusion (Forward & Reverse)",
        {"focus", "theory", "coding"},
        {"p5"},
        {"lab-w5-forward", "lab-p5-ddpm"},
    ),
    6: ("The U-Net Architecture", {"focus", "theory", "coding"}, {"p5"}, {"lab-w6-unet"}),
    7: (
        "Latent Diffusion & Stable Diffusion (LDM)",
        {"focus", "theory", "coding"},
        {"p5"},
        {"lab-w7-hooks", "lab-p5-vae-gan"},
    ),
    8: ('Month 2 Capstone – The "Noisy" Router', {"goal", "project"}, {"p5"}, {"lab-w8-noisy", "lab-w8-planner"}),
    9: ("Parameter-Efficient Fine-Tuning (PEFT) & LoRA", {"focus", "coding"}, {"p3", "p5"}, {"lab-w9-lora"}),
    10: (
        "Mixture of Experts (MoE) & Dynamic Routing",
        {"focus", "theory", "coding"},
        {"p3"},
        {"lab-w10-switch"},
    ),
    11: (
        "Inference Optimization & Memory Profiling",
        {"focus", "theory", "coding"},
        {"p3", "p5"},
        {"lab-w11-memory"},
    ),
    12: ('Month 3 Capstone – The "LoRA Router"', {"goal", "project"}, {"p3", "p5"}, {"lab-w12-lora-router"}),
}
TOPICS = {
    1: "PyTorch Fundamentals",
    2: "Transformer Architecture",
    3: "LLM Variants & HF",
    4: "Router Capstone",
}
CAPSTONES = {4, 8, 12}
TRACK_LINES = {"objective": 4, "principle": 4, "tool": 3, "timeline": 7}

ARXIV = {
    "attention": "1706.03762", "bert": "1810.04805", "gpt1": "", "gpt2": "", "gpt3": "2005.14165",
    "gpt4": "2303.08774", "palm": "2204.02311", "llama": "2302.13971", "llama2": "2307.09288",
    "scaling": "2001.08361", "chinchilla": "2203.15556", "instructgpt": "2203.02155", "flan": "2109.01652",
    "flant5": "2210.11416", "cot": "2201.11903", "t5": "1910.10683", "bpe": "1508.07909",
    "bahdanau": "1409.0473", "lstm": "", "gru": "1406.1078", "lora": "2106.09685", "qlora": "2305.14314",
    "llmint8": "2208.07339", "gptq": "2210.17323", "rag": "2005.11401", "bleu": "", "rouge": "",
    "vit": "2010.11929", "deit": "2012.12877", "swin": "2103.14030", "detr": "2005.12872",
    "segformer": "2105.15203", "clip": "2103.00020", "vae": "1312.6114", "gan": "1406.2661",
    "sohl": "1503.03585", "ddpm": "2006.11239", "ddim": "2010.02502", "ncsn": "1907.05600",
    "sde": "2011.13456", "unet": "1505.04597", "adm": "2105.05233", "cfg": "2207.12598",
    "dalle": "2102.12092", "dalle2": "2204.06125", "ldm": "2112.10752", "dreambooth": "2208.12242",
    "vdm": "2204.03458", "imagenvideo": "2210.02303", "imagen": "2205.11487", "makeavideo": "2209.14792",
    "alignlatents": "2304.08818", "animatediff": "2307.04725", "consistency": "2303.01469",
    "lcm": "2310.04378", "switch": "2101.03961", "moe": "1701.06538", "ckpt": "1604.06174",
    "flash": "2205.14135", "vllm": "2309.06180",
}  # fmt: skip
