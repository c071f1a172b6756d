"""With a thread that generates, a queue of tokens, and the streaming decoder of tokenizers."""

from queue import Queue
from threading import Thread

from tokenizers.decoders import DecodeStream
from transformers import GenerationConfig


class Tokens:
    """A streamer is anything with put and end."""

    def __init__(self):
        self.queue = Queue(maxsize=1)
        self.seen = 0

    def put(self, value):
        self.seen += 1
        if self.seen > 1:
            self.queue.put(int(value))
            self.queue.join()

    def end(self):
        self.queue.put(None)


def clean(tokenizer, text):
    while any(token in text for token in tokenizer.all_special_tokens):
        for token in tokenizer.all_special_tokens:
            text = "".join(text.split(token))
    return text


def prompt(tokenizer, messages):
    tidy = [{"role": m["role"], "content": clean(tokenizer, m["content"])} for m in messages]
    found = tokenizer.apply_chat_template(tidy, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    return found["input_ids"][0]


def window(tokenizer, messages, budget):
    system, said = messages[:1], messages[1:]
    if system[0]["role"] != "system":
        system, said = [], messages
    users = [at for at, message in enumerate(said) if message["role"] == "user"]
    best = users[-1]
    for start in reversed(users[:-1]):
        if prompt(tokenizer, system + said[start:]).numel() > budget:
            break
        best = start
    return system + said[best:]


class Pieces:
    def __init__(self, tokenizer):
        self.backend, self.stream = tokenizer.backend_tokenizer, DecodeStream(skip_special_tokens=True)

    def push(self, token):
        return self.stream.step(self.backend, token) or ""


def reply(model, tokenizer, messages, budget, longest, write):
    ids = prompt(tokenizer, window(tokenizer, messages, budget)).unsqueeze(0)
    tokens, pieces, text = Tokens(), Pieces(tokenizer), []
    end = tokenizer.eos_token_id
    config = GenerationConfig(max_new_tokens=longest, do_sample=False, eos_token_id=end, pad_token_id=end)
    made = {"input_ids": ids, "attention_mask": ids.new_ones(ids.shape), "generation_config": config}
    worker = Thread(target=lambda: model.generate(**made, streamer=tokens))
    worker.start()
    while (token := tokens.queue.get()) is not None:
        piece = pieces.push(token)
        if piece:
            write(piece)
            text.append(piece)
        tokens.queue.task_done()
    worker.join()
    return "".join(text)


class Chat:
    def __init__(self, model, tokenizer, system, budget, longest):
        self.model, self.tokenizer, self.budget, self.longest = model, tokenizer, budget, longest
        self.messages = [{"role": "system", "content": system}]

    def say(self, text, write=str):
        self.messages = [*self.messages, {"role": "user", "content": text}]
        answer = reply(self.model, self.tokenizer, self.messages, self.budget, self.longest, write)
        self.messages += [{"role": "assistant", "content": answer}]
        return answer
