"""The drawn flowers: their pixels, their words, and that the two agree."""

import hashlib
import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from keras_gen.data import captions, drawing, flower_drawing, flowers
from keras_gen.data.captions import (
    ATTRIBUTES,
    canonical_caption,
    caption,
    negative_caption,
    words,
)
from keras_gen.data.flower_drawing import NUM_DRAWS, PETAL, draw
from keras_gen.data.flowers import (
    flower_captions,
    flower_masks,
    is_held_out,
    similar_attributes,
)

# Fixed for ever: trained models and published figures rest on these pictures.
IMAGES_32 = "d348c9675745ddd33fe0236ee05bc4b53222fb3fd5886038dcf56d3f15befeff"
IMAGES_100 = "44802c4e108154a7e7584b24034fc42e5db968fc4f1f3d2f02d7da9ca0a58a07"
TEXTS = "f6487f229617f9a83435576d4b7c5353b20c29597faf32778f7eea2f83d2396d"
# What a reader understands, written independently of the grammar.
BACKGROUND_WORDS = {
    r"green background|meadow|grass": "meadow",
    r"light blue background|clear sky|blue sky": "sky",
    r"dark background|night sky|stars": "night",
    r"sunset|evening sky|evening light": "sunset",
    r"sandy background|beach|sand": "sand",
    r"grey background|grey stone|stone wall": "stone",
}
SYNONYMS = {
    "petal_shape": {"rounded": "round", "sharp": "pointed", "notched": "heart-shaped"},
    "size": {
        "little": "small",
        "tiny": "small",
        "medium-sized": "medium",
        "big": "large",
    },
    "position": {"middle": "centre"},
}
PETALS = {"three": 3, "four": 4, "five": 5, "six": 6, "eight": 8}
# Colours as the web knows them, but pink and magenta, which it has too close to others.
COMMON_COLOURS = {
    "red": (255, 0, 0),
    "orange": (255, 140, 0),
    "yellow": (255, 215, 0),
    "white": (255, 255, 255),
    "pink": (255, 160, 190),
    "magenta": (230, 0, 160),
    "purple": (128, 0, 170),
    "lilac": (200, 162, 230),
    "blue": (0, 0, 255),
    "turquoise": (64, 224, 208),
}


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def read(text):
    """Return all that `text` says, as a set of (attribute name, value)."""
    said = set()
    for pattern, value in BACKGROUND_WORDS.items():
        text, count = re.subn(rf"\b({pattern})\b", "", text)
        said |= {("background", value)} if count else set()
    for colour in re.findall(r"(\w+) centre\b", text):
        said.add(("centre_colour", colour))
    text = re.sub(r"\w+ centre\b", "", text)
    for word in re.findall(r"[a-z-]+", text):
        for name in ("petal_colour", "petal_number", "petal_shape", "size", "position"):
            value = SYNONYMS.get(name, {}).get(word, word)
            if value in ATTRIBUTES[name]:
                said.add((name, value))
    return said


def truth(attributes):
    return {(name, ATTRIBUTES[name][index]) for name, index in attributes.items()}


def random_attributes(rng):
    return {name: int(rng.integers(len(v))) for name, v in ATTRIBUTES.items()}


def each_attributes(pictures):
    columns = pictures.attributes
    return [{k: int(v[i]) for k, v in columns.items()} for i in range(len(pictures))]


def draw_one(image_size=64, chance=0.5, **values):
    """Draw one flower; what is not said is each attribute's first value."""
    attributes = {
        name: np.array([options.index(values.get(name, options[0]))])
        for name, options in ATTRIBUTES.items()
    }
    chances = np.full((1, NUM_DRAWS), chance, "float32")
    images, masks = draw(attributes, chances, image_size)
    return images[0].astype(int), masks[0, :, :, 0]


def test_shapes_types_and_names():
    pictures = flowers(20, image_size=24, seed=3)
    assert pictures.images.shape == (20, 24, 24, 3)
    assert pictures.images.dtype == np.uint8
    assert pictures.class_names == ATTRIBUTES["petal_colour"]
    np.testing.assert_array_equal(pictures.labels, pictures.attributes["petal_colour"])
    assert set(pictures.attributes) == set(ATTRIBUTES)
    for name, values in pictures.attributes.items():
        assert values.shape == (20,) and np.issubdtype(values.dtype, np.integer)
        assert 0 <= values.min() and values.max() < len(ATTRIBUTES[name])
    assert len(pictures.captions) == len(pictures.negative_captions) == 20


def test_enough_of_every_attribute():
    sizes = {name: len(values) for name, values in ATTRIBUTES.items()}
    least = dict(petal_colour=8, petal_number=5, petal_shape=3, centre_colour=4)
    least |= dict(background=6, size=3, position=5)
    assert all(sizes[name] >= number for name, number in least.items())
    drawn = flowers(3000, image_size=16).attributes
    for name, size in sizes.items():
        share = np.bincount(drawn[name], minlength=size) / 3000 * size
        assert 0.7 < share.min() and share.max() < 1.3, name


def test_a_picture_depends_on_its_seed_and_place_only():
    few, many = flowers(5, seed=4), flowers(40, seed=4)
    np.testing.assert_array_equal(few.images, many.images[:5])
    assert few.captions == many.captions[:5]
    assert few.negative_captions == many.negative_captions[:5]
    for name in ATTRIBUTES:
        np.testing.assert_array_equal(few.attributes[name], many.attributes[name][:5])
    assert (flowers(5, seed=5).images != few.images).any(axis=(1, 2, 3)).all()
    assert len(flowers(0)) == 0


def test_the_pixels_and_words_are_the_same_on_every_machine():
    pictures = flowers(64, image_size=32, seed=0)
    assert sha256(pictures.images.tobytes()) == IMAGES_32
    assert sha256(flowers(4, image_size=100, seed=1).images.tobytes()) == IMAGES_100
    texts = "\n".join(pictures.captions + pictures.negative_captions)
    assert sha256(texts.encode()) == TEXTS


def test_drawing_uses_only_operations_that_ieee_754_fixes():
    allowed = {"abs", "maximum", "minimum", "rint", "sqrt", "where", "choose"}
    allowed |= {"arange", "array", "float32", "meshgrid", "ndarray", "stack"}
    for module in (drawing, flower_drawing):
        source = Path(module.__file__).read_text(encoding="utf-8")
        assert set(re.findall(r"\bnp\.(\w+)", source)) <= allowed
        assert not re.search(r"\*\*|@ |\.sum\(|\.mean\(", source)


def test_held_out_combinations_are_a_tenth_and_leave_every_pair():
    shape = [len(ATTRIBUTES[n]) for n in ("petal_colour", "petal_number", "background")]
    held_out = is_held_out(*np.indices(shape))
    assert held_out.mean() == pytest.approx(0.1)
    for axis in range(3):
        assert not held_out.all(axis=axis).any()


def test_held_out_combinations_are_drawn_only_when_asked_for():
    def drawn(held_out):
        columns = flowers(3000, image_size=16, seed=6, held_out=held_out).attributes
        names = ("petal_colour", "petal_number", "background")
        return list(zip(*(columns[name].tolist() for name in names), strict=True))

    seen, unseen = drawn(False), drawn(True)
    assert not any(is_held_out(*triple) for triple in seen)
    assert all(is_held_out(*triple) for triple in unseen)
    assert len(set(seen)) == 270 and len(set(unseen)) == 30
    for i, j in itertools.combinations(range(3), 2):
        assert {(t[i], t[j]) for t in unseen} <= {(t[i], t[j]) for t in seen}


def test_captions_are_true_and_vary():
    pictures = flowers(2000, image_size=16, seed=7)
    every = each_attributes(pictures)
    for text, attributes in zip(pictures.captions, every, strict=True):
        assert read(text) <= truth(attributes), text
        assert ("petal_colour" in dict(read(text))) and len(text) > 10
    assert len(set(pictures.captions)) > 1500
    mentioned = [dict(read(text)).keys() for text in pictures.captions]
    for name in ATTRIBUTES:
        assert np.mean([name in names for names in mentioned]) > 0.25, name


def test_other_captions_of_the_same_flowers_are_true_too():
    pictures = flowers(300, image_size=16, seed=2)
    others = flower_captions(pictures.attributes, seed=2)
    assert others == flower_captions(pictures.attributes, seed=2)
    assert others != flower_captions(pictures.attributes, seed=3)
    same = np.mean([a == b for a, b in zip(others, pictures.captions, strict=True)])
    assert same < 0.1
    for i, text in enumerate(others):
        attributes = {name: v[i] for name, v in pictures.attributes.items()}
        assert dict(read(text)).items() <= dict(truth(attributes)).items()
    with pytest.raises(ValueError, match="seed must be an integer .* got -1"):
        flower_captions(pictures.attributes, seed=-1)


def test_a_complete_caption_leaves_out_nothing():
    attributes = flowers(600, image_size=16, seed=2).attributes
    said = {
        complete: [
            dict(read(t)).keys() for t in flower_captions(attributes, 0, complete)
        ]
        for complete in (False, True)
    }
    assert all(names == ATTRIBUTES.keys() for names in said[True])
    assert all(some <= more for some, more in zip(*said.values(), strict=True))
    for name in set(ATTRIBUTES) - {"petal_colour"}:
        assert not all(name in names for names in said[False])


def test_similar_flowers_differ_in_two_attributes_of_a_group():
    attributes = similar_attributes(803, seed=3)
    assert attributes.keys() == ATTRIBUTES.keys()
    which = [attributes[n] for n in ("petal_colour", "petal_number", "background")]
    assert not is_held_out(*which).any()
    rows = np.stack(list(attributes.values()))
    assert rows.shape == (7, 803)
    sizes = [len(values) for values in ATTRIBUTES.values()]
    assert (rows.min(axis=1) == 0).all() and (rows.max(axis=1) + 1 == sizes).all()
    groups = rows[:, :800].reshape(7, 100, 8)
    varying = (groups != groups[:, :, :1]).any(axis=2)
    # A colour gives way where its combination is held out.
    assert (varying[1:].sum(axis=0) <= 2).all() and varying.sum(axis=0).mean() > 1.7
    assert (varying.mean(axis=1) > 0.15).all()
    again = similar_attributes(803, seed=3)
    np.testing.assert_array_equal(np.stack(list(again.values())), rows)


def test_captions_are_tidy_english():
    rng = np.random.default_rng(8)
    for _ in range(3000):
        text = caption(random_attributes(rng), rng)
        assert not re.search(
            r"\{|\}|  | ,|,,|^[ ,]|[ ,]$|\ba [aeiou]|\ban [^aeiou]", text
        )
        assert not re.search(r"\b(and|with|around|a|an|are|its)(,|$)", text), text
        assert not re.search(r"\b(and and|a a|are and|with and|a centre)\b", text), text


def test_the_canonical_caption_says_everything():
    rng = np.random.default_rng(9)
    for _ in range(300):
        attributes = random_attributes(rng)
        assert read(canonical_caption(attributes)) == truth(attributes)


def test_negative_captions_are_never_true():
    pictures = flowers(2000, image_size=16, seed=10)
    every = each_attributes(pictures)
    for text, attributes in zip(pictures.negative_captions, every, strict=True):
        assert all(read(part) for part in text.split(", ")), text
        assert not read(text) & truth(attributes), text


def test_words_are_exactly_the_words_that_occur():
    rng = np.random.default_rng(11)
    used = set()
    for _ in range(4000):
        attributes = random_attributes(rng)
        text = f"{caption(attributes, rng)} {negative_caption(attributes, rng)} "
        used |= set(
            re.findall(r"[a-z]+(?:-[a-z]+)*", text + canonical_caption(attributes))
        )
    assert used == set(words())


def test_a_caption_makes_a_fixed_number_of_draws():
    for function in (caption, negative_caption):
        after = set()
        for value in range(3):
            rng = np.random.default_rng(12)
            function(dict.fromkeys(ATTRIBUTES, value), rng)
            after.add(rng.random())
        assert len(after) == 1


@pytest.mark.parametrize("background", ATTRIBUTES["background"])
@pytest.mark.parametrize("colour", ATTRIBUTES["petal_colour"])
def test_petals_have_their_colour(colour, background):
    image, mask = draw_one(32, petal_colour=colour, background=background, size="large")
    y, x = np.indices(mask.shape) - 15.5
    petals = (mask == 255) & (np.hypot(x, y) > 6)
    mean = image[petals].mean(axis=0)
    distance = {name: np.abs(mean - rgb).sum() for name, rgb in COMMON_COLOURS.items()}
    assert min(distance, key=distance.get) == colour


def test_a_colour_changes_its_own_pixels_only():
    image, mask = draw_one(64)
    y, x = np.indices(mask.shape) - 31.5
    inside = np.hypot(x, y) < 0.4 * 0.5 * 32  # 0.4 of the radius of a small flower
    changes = {
        name: (np.abs(draw_one(64, **{name: value})[0] - image) > 1).any(axis=-1)
        for name, value in (
            ("petal_colour", "blue"),
            ("centre_colour", "brown"),
            ("background", "night"),
        )
    }
    assert not changes["petal_colour"][mask == 0].any()
    assert changes["petal_colour"][(mask == 255) & ~inside].all()
    assert not changes["centre_colour"][~inside].any()
    assert changes["centre_colour"][31:33, 31:33].all()
    assert not changes["background"][mask == 255].any()
    assert changes["background"][:8].all()


@pytest.mark.parametrize("shape", ATTRIBUTES["petal_shape"])
@pytest.mark.parametrize("number", ATTRIBUTES["petal_number"])
def test_the_petals_can_be_counted(number, shape):
    _, mask = draw_one(256, petal_number=number, petal_shape=shape, size="large")
    # More than a pixel a step, or an edge at a slant is counted twice.
    angle = np.linspace(0, 2 * np.pi, 360, endpoint=False)

    def arcs(part_of_radius):
        radius = 0.82 * part_of_radius * 128
        x = np.rint(127.5 + radius * np.cos(angle)).astype(int)
        y = np.rint(127.5 + radius * 0.94 * np.sin(angle)).astype(int)
        inside = mask[y, x] > 127
        return int((inside & ~np.roll(inside, 1)).sum())

    expected = PETALS[number]
    assert arcs(0.8) == expected
    if shape == "heart-shaped":  # its notch: near the tip every petal is two
        assert arcs(0.9) == expected * 2


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("number", ATTRIBUTES["petal_number"])
def test_one_petal_points_up(number, chance):
    _, mask = draw_one(256, chance, petal_number=number, size="large")
    angle = np.linspace(
        -np.pi, np.pi, 2000, endpoint=False
    )  # clockwise from straight up
    middle = 127.5 + 128 * 0.12 * (chance - 0.5)
    radius = 0.8 * 128 * 0.82 * (0.93 + 0.14 * chance)
    x = np.rint(middle + radius * np.sin(angle)).astype(int)
    y = np.rint(middle - radius * (0.88 + 0.12 * chance) * np.cos(angle)).astype(int)
    inside = mask[y, x] / 255
    num = PETALS[number]
    tilt = np.angle(np.sum(inside * np.exp(1j * num * angle))) / num
    assert abs(np.degrees(tilt) - 20 * (0.5 - chance)) < 2


def test_size_and_position_move_the_blossom():
    areas = [(draw_one(size=size)[1] / 255).sum() for size in ATTRIBUTES["size"]]
    assert areas[0] * 1.3 < areas[1] and areas[1] * 1.3 < areas[2]
    ticks = np.arange(64) - 31.5
    for size in ATTRIBUTES["size"]:
        middle = {}
        for position in ATTRIBUTES["position"]:
            mask = draw_one(size=size, position=position)[1] / 255
            weights = mask.sum(axis=0), mask.sum(axis=1)
            middle[position] = [(w * ticks).sum() / w.sum() for w in weights]
        assert np.abs(middle["centre"]).max() < 3
        assert middle["left"][0] < -5 and middle["right"][0] > 5
        assert middle["top"][1] < -5 and middle["bottom"][1] > 5


def test_masks_belong_to_the_pictures():
    masks = flower_masks(50, image_size=32, seed=13)
    pictures = flowers(50, image_size=32, seed=13)
    assert masks.shape == (50, 32, 32, 1) and masks.dtype == np.uint8
    for image, mask, label in zip(
        pictures.images, masks[..., 0], pictures.labels, strict=True
    ):
        distance = np.abs(image / 255 - PETAL.T[label]).sum(axis=-1)
        assert np.median(distance[mask == 255]) < np.median(distance[mask == 0])


def test_a_flower_is_the_same_at_every_size():
    small = flowers(30, image_size=32, seed=14).images.astype(float)
    large = flowers(30, image_size=128, seed=14).images.astype(float)
    large = large.reshape(30, 32, 4, 32, 4, 3).mean(axis=(2, 4))
    same = np.abs(small - large).mean(axis=(1, 2, 3))
    other = np.abs(small - np.roll(large, 1, axis=0)).mean(axis=(1, 2, 3))
    assert same.max() < 6 and other.min() > 15
    assert flowers(3, image_size=128, seed=14).captions == (
        flowers(3, image_size=16, seed=14).captions
    )


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"num": -1}, "num must be an integer of at least 0; got -1."),
        ({"num": 2.0}, "num must be an integer of at least 0; got 2.0."),
        ({"num": True}, "num must be an integer of at least 0; got True."),
        ({"image_size": 8}, "image_size must be an integer of at least 16; got 8."),
        ({"image_size": (32, 32)}, "image_size must be .* got \\(32, 32\\)."),
        ({"seed": -3}, "seed must be an integer of at least 0; got -3."),
        ({"seed": None}, "seed must be an integer of at least 0; got None."),
    ],
)
def test_bad_input_is_one_sentence(arguments, message):
    for function in (flowers, flower_masks):
        with pytest.raises(ValueError, match=message):
            function(**({"num": 1} | arguments))


def test_every_value_has_a_colour_or_a_measure():
    tables = {
        "petal_colour": [flower_drawing.PETAL],
        "centre_colour": [flower_drawing.CENTRE],
        "background": [flower_drawing.TOP, flower_drawing.SPOT_RADIUS],
        "petal_number": [flower_drawing.NUMBER, flower_drawing.HALF_WIDTH],
        "size": [flower_drawing.RADIUS, flower_drawing.OFFSET],
        "position": [flower_drawing.OFFSET_X, flower_drawing.OFFSET_Y],
    }
    for name, arrays in tables.items():
        assert all(a.shape[-1] == len(ATTRIBUTES[name]) for a in arrays), name
    assert captions.PHRASES.keys() <= ATTRIBUTES.keys()
