"""Wrong requests: exit code 2, one line a problem, never a traceback, and what to write instead."""

import json

import pytest

WRONG_WORDS = [
    # a group, an option
    (["modle=tiny"], ["unknown key 'modle'. Did you mean 'model'?"]),
    (["+modle=tiny"], ["unknown key 'modle'. Did you mean 'model'?"]),
    (["MODEL=tiny"], ["Did you mean 'model'?"]),
    (["dataset=vi_math"], ["unknown key 'dataset'. Did you mean 'data'?"]),
    (["model=tinny"], ["model=tinny: there is no 'tinny' in 'model'. Did you mean 'tiny'?"]),
    (["lora=r88"], ["lora=r88: there is no 'r88' in 'lora'. Did you mean 'r8'?"]),
    (["lora=banana"], ["Options: dora, none, r"]),
    (["experiment=quicktest"], ["Did you mean 'quick_test'?"]),
    (["trainer=stf"], ["Did you mean 'sft'?"]),
    (["model=google/gemma-3n-E4B-it"], ["model=hf model.name=google/gemma-3n-E4B-it"]),
    (["data=rows.jsonl"], ["data=jsonl data.path=rows.jsonl"]),
    # a key: plain, added, forced
    (["trainer.lerning_rate=3"], ["'trainer.lerning_rate'. Did you mean 'trainer.learning_rate'?"]),
    (["+trainer.lerning_rate=3"], ["Did you mean 'trainer.learning_rate'?"]),
    (["++trainer.lerning_rate=3"], ["Did you mean 'trainer.learning_rate'?"]),
    (["+typo=1"], ["unknown key 'typo'"]),
    (["trainer.lr=3"], ["Did you mean 'trainer.learning_rate'?"]),
    (["lr=3"], ["Did you mean 'trainer.learning_rate'?"]),
    (["lora.rank=8"], ["Did you mean 'lora.r'?"]),
    (["warmup_steps=3"], ["Did you mean 'trainer.warmup_steps'?"]),
    (["trainer.foo.bar=3"], ["unknown key 'trainer.foo.bar'. `train --help trainer` lists"]),
    (["lora.r.x=3"], ["unknown key 'lora.r.x'. Did you mean 'lora.r'?"]),
    (["~nokey"], ["nokey"]),
    # a choice
    (["hardware.device=cdua"], ["hardware.device=cdua: not one of the choices. Did you mean 'cu"]),
    (["hardware.precision=half"], ["Options: auto, fp32, bf16, fp16"]),
    (["trainer.lr_scheduler_type=linearr"], ["Did you mean 'linear'?"]),
    (["lora.bias=nonee"], ["Did you mean 'none'?"]),
    # a type
    (["trainer.max_steps=many"], ["trainer.max_steps=many: expected a whole number"]),
    (["trainer.max_steps=2.5"], ["trainer.max_steps=2.5: expected a whole number"]),
    (["trainer.learning_rate=fast"], ["trainer.learning_rate=fast: expected a number"]),
    (["trainer.packing=maybe"], ["trainer.packing=maybe: expected true or false"]),
    (["trainer.packing=flase"], ["expected true or false. Did you mean 'false'?"]),
    (["seed=null"], ["seed=null: expected a whole number"]),
    (["seed="], ["seed=: expected a whole number"]),
    (["++lora.r=x"], ["lora.r=x: expected a whole number"]),
    # the way it is written
    (["tiny"], ["tiny: overrides are written KEY=VALUE. Did you mean 'model=tiny'?"]),
    (["name=a=b"], ["name=a=b: the value cannot be read; quote it"]),
    (["--learning-rate", "3"], ["options are written KEY=VALUE: trainer.learning_rate="]),
    (["--learning-rate=3"], ["options are written KEY=VALUE: trainer.learning_rate=3"]),
    (["--lr=3"], ["trainer.learning_rate=3"]),
    (["--mulitrun"], ["there is no flag --mulitrun. Did you mean '--multirun'?"]),
    (["-x"], ["there is no flag -x"]),
    (["--cfg", "jobb"], ["invalid choice: 'jobb'"]),
    (["-m", "--cfg", "job"], ["--multirun and --cfg do not go together; choose one"]),
    (["-cn", "tran"], ["--config-name tran: no such file", ]),
    (["-cd", "nowhere"], ["--config-dir nowhere: not a folder"]),
    # several values
    (["lora=r8,r16"], ["lora=r8,r16: several values need --multirun (-m)"]),
    (["trainer.learning_rate=1,2"], ["several values need --multirun (-m)"]),
    (["seed=range(1,3)"], ["several values need --multirun (-m)"]),
    (["-m", "trainer.learning_rate=1,many"], ["trainer.learning_rate=many: expected a number"]),
    (["-m", "lora=r8,r99"], ["lora=r99: there is no 'r99' in 'lora'"]),
    (["-m", "hardware.device=cpu,cdua"], ["hardware.device=cdua: not one of the choices"]),
    (["-m", "lora=r8,r16", "lora.r=x"], ["lora.r=x: expected a whole number"]),
    (["-m", "trainer.max_steps=5,x,y"], ["max_steps=x: expected", "max_steps=y: expected"]),
    (["-m", "trainer.max_stepz=1,2"], ["Did you mean 'trainer.max_steps'?"]),
    # null and nothing
    (["lora=null"], ["lora=null: a group takes a name, not null: use lora=none or ~lora"]),
    (["model=null"], ["model=null: a group takes a name, not null"]),
    (["lora=none", "lora.r=3"], ["lora.r: lora=none has no keys; choose one such as lora=r16"]),
    (["~lora", "lora.r=3"], ["lora.r: lora=none has no keys"]),
    (["~data"], ["no value for data"]),
    # mandatory values
    (["model=hf"], ["no value for model.name: set model.name=..."]),
    (["model=hf", "data=jsonl"], ["no value for model.name", "no value for data.path"]),
    (["model=hf", "data=custom"], ["no value for model.name", "no value for data._target_"]),
    # interpolations
    (["name=${nowhere}"], ["name: Interpolation key 'nowhere' not found"]),
    (["trainer.learning_rate=${model.lr}"], ["Interpolation key 'model.lr' not found"]),
    # targets
    (["trainer._target_=os.system"], ["trainer._target_=os.system: not one of mathpal's own"]),
    (["model._target_=subprocess.run"], ["if you trust it, add allow_targets=[subprocess]"]),
    (
        ["data=custom", "data._target_=mathpalx.rows"],
        ["data._target_=mathpalx.rows: not one of mathpal's own"],
    ),
    (
        ["data=custom", "data._target_=there_is_none.rows", "allow_targets=[there_is_none]"],
        ["_target_=there_is_none.rows"],
    ),
    # what mathpal sets itself
    (["trainer.output_dir=x"], ["trainer.output_dir: set by mathpal itself; use output_dir"]),
    (["+trainer.output_dir=x"], ["trainer.output_dir: set by mathpal itself; use output_dir"]),
    (["trainer.bf16=true"], ["use hardware.precision instead"]),
    (["trainer.seed=3"], ["trainer.seed: set by mathpal itself; use seed instead"]),
    (["trainer.report_to=wandb"], ["use tracking instead"]),
    (["lora.task_type=CAUSAL_LM"], ["lora.task_type: set by mathpal itself"]),
    # Hydra's own keys
    (["hydra.rnu.dir=x"], ["unknown key 'hydra.rnu.dir'. Did you mean 'hydra.run.dir'?"]),
    (["hydra.run.dirr=x"], ["Did you mean 'hydra.run.dir'?"]),
    (["hydra/launcher=bassic"], ["no 'bassic' in 'hydra/launcher'. Did you mean 'basic'?"]),
    (["hydra.job.num=abc"], ["hydra.job.num=abc: expected a whole number"]),
    # several at once
    (
        ["lora=r99", "trainer.lr=3", "hardware.precision=fp61", "seed=x", "modle=3"],
        [
            "there is no 'r99' in 'lora'",
            "Did you mean 'trainer.learning_rate'?",
            "hardware.precision=fp61: not one of the choices. Did you mean 'fp16'?",
            "seed=x: expected a whole number",
            "Did you mean 'model'?",
        ],
    ),
    (
        ["lora=r8,r16", "tiny", "seed=x"],
        ["several values need", "overrides are written KEY=VALUE", "seed=x: expected"],
    ),
]  # fmt: skip

WRONG_SETTINGS = [
    (["trainer.per_device_train_batch_size=0"], ["per_device_train_batch_size=0: must be at le"]),
    (["trainer.gradient_accumulation_steps=0"], ["must be at least 1"]),
    (["trainer.max_length=0"], ["trainer.max_length=0: must be at least 1"]),
    (["lora.r=0"], ["lora.r=0: must be at least 1"]),
    (["seed=-1"], ["seed=-1: must be at least 0"]),
    (["trainer.learning_rate=-1"], ["trainer.learning_rate=-1.0: must be at least 0"]),
    (["evaluation.batch_size=0"], ["evaluation.batch_size=0: must be at least 1"]),
    (["hardware.num_threads=0"], ["hardware.num_threads=0: must be at least 1"]),
    (["trainer.num_train_epochs=0"], ["nothing would be trained"]),
    (["lora.r=0", "seed=-1"], ["lora.r=0: must be at least 1", "seed=-1: must be at least 0"]),
    (
        ["trainer.load_best_model_at_end=true"],
        ["trainer.save_strategy=steps must equal trainer.eval_strategy=no"],
    ),
    (
        [
            "trainer.load_best_model_at_end=true",
            "trainer.eval_strategy=steps",
            "trainer.save_strategy=steps",
            "trainer.eval_steps=20",
            "trainer.save_steps=30",
        ],
        ["trainer.save_steps=30: with load_best_model_at_end it must be a multiple"],
    ),
    (["trainer.early_stopping_patience=3"], ["needs trainer.load_best_model_at_end=true"]),
    (["trainer.eval_strategy=steps", "data.test_rows=0"], ["needs held-out rows"]),
    (["objective=eval_los"], ["objective=eval_los: not a figure of metrics.json. Did you mean '"]),
    (["tracking.report_to=[wandbb]"], ["there is no 'wandbb'. Did you mean 'wandb'?"]),
    (["data.grades=[13]"], ["data.grades: there is no grade '13'. Grades: 1, 2, 3"]),
    (["data.strands=[geometri]"], ["there is no strand 'geometri'. Did you mean 'geometry'?"]),
    (["data.choices=2"], ["choices=2.0 is not a share; give a number from 0 to 1"]),
    (["data.kinds=[percnt]"], ["there is no kind 'percnt'. Did you mean 'percent'?"]),
    (["resume=nowhere"], ["no whole checkpoint to go on from (there is no such folder)"]),
    (["model.chat_template=nowhere.jinja"], ["nowhere.jinja: there is no such file"]),
    (["model=hf", "model.name=./nowhere"], ["model.name=./nowhere: there is no such folder"]),
    (["data=jsonl", "data.path=nowhere.jsonl"], ["nowhere.jsonl: there is no such file"]),
    (["data=jsonl", "data.path=."], ["a folder; name a .jsonl or .json file"]),
    (
        ["lora.r=0", "data=jsonl", "data.path=nowhere.jsonl"],
        ["lora.r=0: must be at least 1", "nowhere.jsonl: there is no such file"],
    ),
]


def assert_refused(finished, expected):
    assert finished.code == 2, finished
    assert finished.stdout == ""
    found = finished.problems
    assert len(found) == len(expected), found
    for words in expected:
        assert len([line for line in found if words in line]) == 1, (words, found)


@pytest.mark.parametrize(("arguments", "expected"), WRONG_WORDS, ids=lambda v: " ".join(v)[:50])
def test_a_wrong_word_is_named_with_what_was_meant(arguments, expected, call_main, tmp_path):
    assert_refused(call_main("train", *arguments), expected)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("arguments", "expected"), WRONG_SETTINGS, ids=lambda v: " ".join(v)[:50])
def test_a_setting_that_cannot_work_is_refused(arguments, expected, call_main, tmp_path):
    assert_refused(call_main("train", *arguments), expected)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("flags", [["--cfg", "job"], ["--cfg", "hydra"], ["-m"], []])
def test_a_wrong_request_is_refused_whatever_the_flags(flags, call_main):
    assert_refused(call_main("train", *flags, "trainer.lr=3"), ["Did you mean 'trainer.learning"])


def test_a_wrong_request_reads_the_same_from_the_shell(run_train, call_main, tmp_path):
    arguments = ["lora=r88", "trainer.lr=3", "seed=x", "hardware.device=cdua"]
    finished = run_train(*arguments)
    assert finished == call_main("train", *arguments)
    assert_refused(
        finished,
        ["Did you mean 'r8'", "Did you mean 'trainer.learn", "seed=x", "Did you mean 'cuda'"],
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("output_dir", ["taken", "taken/below"])
def test_a_file_in_the_way_of_the_run_folder_is_named(output_dir, call_main, tmp_path):
    (tmp_path / "taken").write_text("not a folder", encoding="utf-8")
    finished = call_main("train", f"output_dir={output_dir}")
    assert_refused(finished, [f"{tmp_path / 'taken'} is a file, not a folder"])


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "not a model's folder (no config.json in it)"),
        ({"weights.bin": "0"}, "not a model's folder (no config.json in it)"),
        (
            {"adapter_config.json": "{}"},
            "an adapter, not a model; name the model it was made for",
        ),
    ],
)
def test_a_folder_that_is_not_a_model_is_told_apart(files, words, call_main, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    assert_refused(call_main("train", "model=hf", f"model.name={folder}"), [words])


def test_a_file_name_with_one_wrong_letter_is_suggested(call_main, tmp_path):
    (tmp_path / "rows.jsonl").write_text("{}", encoding="utf-8")
    finished = call_main("train", "data=jsonl", "data.path=row.jsonl")
    assert_refused(finished, ["there is no such file. Did you mean 'rows.jsonl'?"])


def test_wrong_rows_are_reported_beside_wrong_settings(call_main, tmp_path):
    rows = [{"question": "1 + 1 = ?", "solution": "2"}, {"question": " ", "solution": "3"}]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    finished = call_main("train", "data=jsonl", "data.path=rows.jsonl", "lora.r=0")
    assert_refused(finished, ["lora.r=0: must be", "rows.jsonl row 2: 'question' is empty"])


def test_allow_targets_lets_a_package_through(call_main):
    finished = call_main(
        "train", "--cfg", "job", "data=custom", "data._target_=builtins.dict",
        "allow_targets=[builtins]", "model._target_=os.path.join",
    )  # fmt: skip
    assert_refused(finished, ["model._target_=os.path.join: not one of mathpal's own"])


def test_debug_brings_the_traceback_back(run_train):
    finished = run_train("lora=r88", env={"MATHPAL_DEBUG": "1"})
    assert finished.code == 2
    assert finished.stderr.startswith("Traceback")
    assert finished.stderr.splitlines()[-1].startswith("train: error: lora=r88")


UNEXPLAINED = [
    (["lora=8"], "Did you mean 'r8'?"),
    (["6ora=dora"], "Did you mean 'lora'?"),
    (["--cfg", "job", "lora.rank_pattern.q=3"], "+lora.rank_pattern.q=3"),
    (["data=custom", "data._target_=mathpal.data.synth.rows"], "data._target_=mathpal.data.synth"),
    (["=3"], "=3"),
    (["--resolve"], "--cfg"),
    (["--cfg", "job", "-p", "trainr"], "trainr"),
    (["--cfg", "job", "+hydra.foo=1"], "unknown key 'hydra.foo'"),
    (["--cfg", "job", "++hydra.run.dirr=1"], "Did you mean 'hydra.run.dir'?"),
    (["--cfg", "job", "hydra/luncher=basic"], "Did you mean 'hydra/launcher'?"),
    (["--cfg", "job", "model=[tiny,tinny]"], "there is no 'tinny' in 'model'"),
    (["--cfg", "job", "~lora=r8"], "lora=r16"),
    (["--cfg", "job", "+lora=r8"], "write lora=r8"),
    (["--cfg", "job", "~trainer.learning_rate"], "trainer.learning_rate=null"),
    (["data.train_rows=0"], "data.train_rows=0: must be at least 1"),
    (["data.test_rows=-1"], "data.test_rows=-1: must be at least 0"),
    (
        ["data=custom", "data._target_=there_is_none.rows", "allow_targets=[there_is_none]"],
        "No module named 'there_is_none'",
    ),
]


@pytest.mark.parametrize(("arguments", "words"), UNEXPLAINED, ids=lambda v: "".join(v)[:50])
def test_a_rarer_mistake_is_explained_too(arguments, words, call_main):
    assert_refused(call_main("train", *arguments), [words])
