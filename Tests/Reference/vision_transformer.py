"""CLIP's image tower as open_clip builds it, for NetworksTests."""

from compat import torchvision  # noqa: F401

import open_clip
import torch
import torch.nn.functional as F
from open_clip.transformer import QuickGELU, VisionTransformer

from patterns import Fixture, pat, summary

fixture = Fixture()


def fill(model):
    """Every tensor a pattern, shifted by its place, scaled so that activations keep their size."""
    for i, (name, t) in enumerate(model.state_dict().items()):
        p = pat(*t.shape, offset=13 * i)
        if t.dim() >= 2:
            t.copy_(p * (12 * t.shape[0] / t.numel()) ** 0.5)
        elif "ln_" in name and name.endswith("weight"):
            t.copy_(1 + 0.2 * p)
        else:
            t.copy_(0.1 * p)
    return model


def images(batch, size):
    return 4 * pat(batch, 3, size, size) + 2**0.5 * pat(batch, 3, size, size, offset=40) * pat(
        batch, 3, size, size, offset=71
    )


# Golden vectors G5: all weights 0.2 pat, those of the norms 1 + 0.2 pat.
model = VisionTransformer(32, 16, 128, 2, 2, 4.0, output_dim=16).double().eval()
for name, t in model.state_dict().items():
    p = 0.2 * pat(*t.shape)
    t.copy_((1 + p if "ln_" in name and name.endswith("weight") else p).float())
y = model((4 * pat(1, 3, 32, 32)).float().double())
print("G5", y[0, :4].tolist())
fixture.put("G5", y)

# A small tower with everything: output, and the gradient of every parameter and of the images.
for kind, layer in [("gelu", torch.nn.GELU), ("quickGELU", QuickGELU)]:
    model = VisionTransformer(24, 8, 32, 2, 4, 4.0, output_dim=10, act_layer=layer)
    model = fill(model.double()).train()
    x = images(3, 24).requires_grad_()
    y = model(x)
    y.backward(pat(*y.shape, offset=5))
    fixture.put(f"{kind} y", y)
    fixture.put(f"{kind} dX", summary(x.grad))
    for key, parameter in model.named_parameters():
        fixture.put(f"{kind} {key}", summary(parameter.grad))

# The published size, one image.
model = VisionTransformer(224, 16, 768, 12, 12, 4.0, output_dim=512).double().eval()
fill(model)
with torch.no_grad():
    fixture.put("ViT-B-16 y", model(images(1, 224)))
fixture.texts["ViT-B-16 names"] = [
    " ".join([k, *map(str, t.shape)]) for k, t in model.state_dict().items()
]
fixture.texts["ViT-B-16 count"] = [str(sum(p.numel() for p in model.parameters()))]

# What open_clip's names mean: image, patch, width, layers, heads, hidden, outputs, activation.
for name in ["ViT-B-32", "ViT-B-16", "ViT-L-14", "ViT-L-14-336", "ViT-H-14"]:
    for suffix in ["", "-quickgelu"]:
        config = open_clip.get_model_config(name + suffix) or open_clip.get_model_config(name)
        v = config["vision_cfg"]
        quick = bool(suffix) or config.get("quick_gelu", False)
        values = [
            v["image_size"], v["patch_size"], v["width"], v["layers"],
            v["width"] // v.get("head_width", 64), int(v["width"] * v.get("mlp_ratio", 4.0)),
            config["embed_dim"], "quickGELU" if quick else "gelu",
        ]  # fmt: skip
        fixture.texts[f"plan {name}{suffix}"] = [str(one) for one in values]

# Position embeddings for other image sizes.
for old, new in [(4, 7), (4, 3), (7, 4), (3, 3)]:
    positions = pat(1 + old * old, 6)
    grid = positions[1:].reshape(1, old, old, 6).permute(0, 3, 1, 2)
    grid = F.interpolate(grid, size=(new, new), mode="bicubic", antialias=True, align_corners=False)
    # The same call as open_clip's own function; which works on whole models.
    holder = {"visual.positional_embedding": positions}
    tower = VisionTransformer(new * 2, 2, 6, 1, 1, 4.0, output_dim=3)
    tower.grid_size = (new, new)
    stub = torch.nn.Module()
    stub.visual = tower
    open_clip.model.resize_pos_embed(holder, stub)
    theirs = holder["visual.positional_embedding"]
    ours = torch.cat([positions[:1], grid.permute(0, 2, 3, 1).reshape(new * new, 6)])
    assert torch.equal(theirs, ours) or old == new
    fixture.put(f"positions {old} {new}", theirs)

fixture.write("vision_transformer")
