"""Golden values of the evaluation protocols, from scikit-learn, SciPy and PyTorch, in float64.

    python evaluation.py        writes fixtures/evaluation.json

Inputs are formulas that the tests compute too: u(i) = ((37 i² + 11 i + 3) mod 1009)/1009 − ½.
"""

import json
import pathlib
import warnings

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    adjusted_rand_score,
    average_precision_score,
    normalized_mutual_info_score,
    precision_recall_curve,
)
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

tensors = {}


def put(name, values):
    values = np.asarray(values, dtype=np.float64)
    tensors[name] = {"shape": list(values.shape), "values": values.ravel().tolist()}


def u(count, offset=0):
    i = np.arange(offset, offset + count, dtype=np.int64)
    return ((37 * i * i + 11 * i + 3) % 1009) / 1009 - 0.5


def labels(n, classes):
    k = np.arange(n)
    return (k * 7 + k * k // 5) % classes


def clouds(n, d, classes, offset=0, distance=0.35):
    """Rows around centres that are also drawn from u; float32, as features are."""
    y = labels(n, classes)
    centres = distance * 2 * u(classes * d, offset=5000).reshape(classes, d)
    return (u(n * d, offset).reshape(n, d) + centres[y]).astype(np.float32), y


# The optimum of multinomial logistic regression, features standardised as the probe standardises them.
for name, (n, d, classes, penalty) in {
    "logistic 4": (90, 6, 4, 1e-2),
    "logistic 2": (60, 3, 2, 1e-3),
    "logistic 7": (97, 10, 7, 1e-1),
}.items():
    x, y = clouds(n, d, classes)
    x = x.astype(np.float64)
    x = (x - x.mean(0)) / x.std(0)
    model = LogisticRegression(C=1 / (n * penalty), tol=1e-14, max_iter=100_000, solver="newton-cg")
    if classes == 2:
        # scikit-learn's binary model has one plane; two with half of it each have the same logits and half
        # the penalty, so the softmax's optimum is that of twice the penalty on one plane.
        model = LogisticRegression(C=2 / (n * penalty), tol=1e-14, max_iter=100_000, solver="newton-cg")
        model.fit(x, y)
        w = np.concatenate([-model.coef_ / 2, model.coef_ / 2])
        b = np.concatenate([-model.intercept_ / 2, model.intercept_ / 2])
    else:
        model.fit(x, y)
        w, b = model.coef_, model.intercept_
    # One Newton iteration in float64 certifies the optimum: its gradient is printed.
    logits = torch.tensor(x @ w.T + b)
    wt = torch.tensor(w, requires_grad=True)
    bt = torch.tensor(b, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(
        torch.tensor(x) @ wt.T + bt, torch.tensor(y)
    ) + 0.5 * penalty * (wt * wt).sum()
    loss.backward()
    print(name, "gradient", wt.grad.abs().max().item(), bt.grad.abs().max().item())
    put(f"{name} settings", [n, d, classes, penalty])
    put(f"{name} weight", w)
    put(f"{name} bias", b - b.mean())
    put(f"{name} loss", loss.item())

# One-vs-rest, for several labels an image: a plane a class.
x, _ = clouds(80, 5, 4)
x = x.astype(np.float64)
x = (x - x.mean(0)) / x.std(0)
targets = (u(80 * 3, offset=700).reshape(80, 3) + 0.6 * x[:, :3] > 0.2).astype(int)
known = u(80 * 3, offset=900).reshape(80, 3) < 0.4  # the others are difficult
for c in range(3):
    rows = known[:, c]
    n = rows.sum()
    model = LogisticRegression(C=1 / (n * 1e-2), tol=1e-14, max_iter=100_000, solver="newton-cg")
    model.fit(x[rows], targets[rows, c])
    put(f"one-vs-rest {c}", np.concatenate([model.coef_[0], model.intercept_]))

# Nearest neighbours and their votes.
train, y = clouds(150, 8, 5)
test, t = clouds(60, 8, 5, offset=3000)
for metric in ["cosine", "euclidean"]:
    search = NearestNeighbors(n_neighbors=12, metric=metric, algorithm="brute").fit(train.astype(np.float64))
    distances, indices = search.kneighbors(test.astype(np.float64))
    put(f"neighbours {metric} indices", indices)
    put(f"neighbours {metric} values", 1 - distances if metric == "cosine" else distances**2)
    for k in [1, 5, 12]:
        model = KNeighborsClassifier(k, metric=metric, algorithm="brute").fit(train.astype(np.float64), y)
        counts = np.rint(k * model.predict_proba(test.astype(np.float64)))
        put(f"neighbours {metric} votes {k}", counts)
for k in [1, 5, 12]:
    model = KNeighborsClassifier(
        k, metric="cosine", algorithm="brute", weights=lambda distance: np.exp((1 - distance) / 0.07)
    ).fit(train.astype(np.float64), y)
    put(f"neighbours weighted {k}", model.score(test.astype(np.float64), t))

# k-means from given centres, and how clusters compare with classes.
x, y = clouds(200, 6, 5, distance=0.8)
first = x[[0, 40, 80, 120, 160]]
model = KMeans(5, init=first.astype(np.float64), n_init=1, tol=0, max_iter=300, algorithm="lloyd")
model.fit(x.astype(np.float64))
put("k-means inertia", model.inertia_)
put("k-means labels", model.labels_)
put("k-means centres", model.cluster_centers_)
table = np.zeros((5, 5), dtype=int)
for a, b in zip(model.labels_, y):
    table[a, b] += 1
rows, columns = linear_sum_assignment(-table)
put("k-means accuracy", table[rows, columns].sum() / len(y))
put("k-means nmi", normalized_mutual_info_score(y, model.labels_))
put("k-means ari", adjusted_rand_score(y, model.labels_))
for name, (a, b) in {
    "same": (y, (y + 2) % 5),
    "coarse": (y // 2, y),
    "one": (np.zeros(200, dtype=int), y),
    "other": (labels(200, 7), y),
}.items():
    put(f"agreement {name}", [normalized_mutual_info_score(b, a), adjusted_rand_score(b, a)])

# Optimal assignment.
for n, m in [(1, 1), (3, 3), (6, 6), (5, 9), (20, 20), (12, 7)]:
    cost = u(n * m, offset=17 * n + m).reshape(n, m)
    rows, columns = linear_sum_assignment(cost)
    put(f"assignment {n} {m}", [cost[rows, columns].sum()])

# Average precision, area form, with and without ties; macro and micro.
scores = np.round(u(70 * 4, offset=200).reshape(70, 4) * 20) / 20
truth = (u(70 * 4, offset=4000).reshape(70, 4) + scores > 0.1).astype(int)
put("precision area", [average_precision_score(truth[:, c], scores[:, c]) for c in range(4)])
put("precision micro", average_precision_score(truth, scores, average="micro"))
distinct = scores + 1e-4 * u(70 * 4, offset=1234).reshape(70, 4)
put("precision distinct", [average_precision_score(truth[:, c], distinct[:, c]) for c in range(4)])


def eleven(truth, score):
    """VOC 2007: the mean of the largest precision at a recall of at least 0, 0.1, …, 1."""
    precision, recall, _ = precision_recall_curve(truth, score)
    precision, recall = precision[:-1], recall[:-1]  # without the point at recall 0 that no image makes
    return np.mean([max(precision[recall >= t / 10 - 1e-12], default=0) for t in range(11)])


put("precision eleven", [eleven(truth[:, c], distinct[:, c]) for c in range(4)])
try:
    warnings.simplefilter("ignore")
    try:
        import cpu_torchvision  # noqa: F401
    except ImportError:
        pass
    from torchmetrics.functional.classification import multilabel_average_precision

    theirs = multilabel_average_precision(
        torch.sigmoid(torch.tensor(scores)), torch.tensor(truth), num_labels=4, average=None
    )
    put("precision torchmetrics", theirs.numpy())
    print("torchmetrics agrees to", abs(theirs.numpy() - tensors["precision area"]["values"]).max())
except Exception as error:  # torchmetrics is not everywhere
    print("without torchmetrics:", error)

# The learning-rate range test.
k = np.arange(100)
rates = np.where(k == 0, 1e-5, 1e-5 * 1e4 ** ((k + 1) / 100))
t = k / 100
losses = 3 - 2 * t * t * (3 - 2 * t) + np.where(k > 85, (k - 85.0) ** 2, 0) + 0.1 * u(100, offset=50)
average, best, smoothed = 0.0, np.inf, []
for i, loss in enumerate(losses):
    average = 0.98 * average + 0.02 * loss
    value = average / (1 - 0.98 ** (i + 1))
    smoothed.append(value)
    if i > 1 and value > 4 * best:
        break
    if value < best or i == 1:
        best = value
kept = np.array(smoothed)[10:-1]
kept = kept[np.isfinite(kept)]
put("range test rates", rates)
put("range test smoothed", smoothed)
put("range test suggestion", rates[np.gradient(kept).argmin() + 10])

path = pathlib.Path(__file__).parent / "fixtures" / "evaluation.json"
path.write_text(json.dumps({"tensors": tensors, "texts": {}}) + "\n")
print(path, path.stat().st_size, "bytes")
