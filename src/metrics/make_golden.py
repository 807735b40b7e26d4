"""Writes golden.json: every metric of a few matrices, computed with NumPy, SciPy and PyTorch, independently of the product.

Made with numpy 2.4, scipy 1.17, torch 2.13:  python src/metrics/make_golden.py
Singular values come from numpy.linalg.svd (not from a Gram matrix), the Marchenko-Pastur law from quadrature of its density.
"""

import base64
import json
import math
import pathlib

import mpmath
import numpy as np
import torch
from scipy import integrate, optimize, special, stats
from scipy.sparse.csgraph import connected_components

DTYPES = {
    "f64": (torch.float64, 53, 2.0**-1022, None),
    "f32": (torch.float32, 24, 2.0**-126, None),
    "bf16": (torch.bfloat16, 8, 2.0**-126, None),
    "f16": (torch.float16, 11, 2.0**-14, 65504.0),
    "f8_e4m3fn": (torch.float8_e4m3fn, 4, 2.0**-6, 448.0),
    "f8_e5m2": (torch.float8_e5m2, 3, 2.0**-14, 57344.0),
}


def law(gamma):
    low, high = (1 - math.sqrt(gamma)) ** 2, (1 + math.sqrt(gamma)) ** 2

    def mean_of(f, upper=high):
        # x = low + (upper - low) s^2 takes the root singularity away from the lower edge.
        def integrand(s):
            x = low + (upper - low) * s * s
            if x <= 0:
                return 0.0
            density = math.sqrt(max(0.0, (high - x) * (x - low))) / (2 * math.pi * gamma * x)
            return f(x) * density * 2 * s * (upper - low)

        return integrate.quad(integrand, 0, 1, epsabs=1e-13, epsrel=1e-12, limit=400)[0]

    cdf = lambda x: 0.0 if x <= low else 1.0 if x >= high else mean_of(lambda _: 1.0, x)
    quantile = lambda q: optimize.brentq(lambda x: cdf(x) - q, low, high, xtol=1e-14, rtol=1e-13)
    return mean_of, cdf, quantile


def law_numbers(gamma):
    mean_of, _, _ = law(gamma)
    m = mean_of(math.sqrt)
    ln = mean_of(lambda x: 0.5 * math.log(x))
    ln2 = mean_of(lambda x: (0.5 * math.log(x)) ** 2)
    sln = mean_of(lambda x: math.sqrt(x) * 0.5 * math.log(x))
    lln = mean_of(lambda x: x * math.log(x))
    return dict(
        cv=math.sqrt(1 - m * m) / m, lnstd=math.sqrt(ln2 - ln * ln), erank_sigma=m * math.exp(-sln / m),
        erank_lambda=math.exp(-lln),
    )


def bema(prefix, sigma, p, n, out):
    if p < 32:
        return
    gamma = p / n
    _, cdf, quantile = law(gamma)
    ell = np.sort(sigma**2)[::-1] / n
    c = len(ell)
    k = np.arange(math.ceil(0.2 * c), math.floor(0.8 * c) + 1)
    q = np.array([quantile(1 - (i - 0.5) / c) for i in k])
    s2 = np.sum(q * ell[k - 1]) / np.sum(q * q)
    mu = (math.sqrt(n - 1) + math.sqrt(p)) ** 2 / n
    tau = (math.sqrt(n - 1) + math.sqrt(p)) * (1 / math.sqrt(n - 1) + 1 / math.sqrt(p)) ** (1 / 3) / n
    spikes = ell > s2 * (mu + 3.272 * tau)
    asc = ell[::-1]
    f = np.array([cdf(x / s2) for x in asc])
    d = max(np.max(np.abs(f - np.arange(1, c + 1) / c)), np.max(np.abs(f - np.arange(c) / c)))
    edge = s2 * (1 + math.sqrt(gamma)) ** 2
    out.update({
        f"{prefix}.num_spikes": int(spikes.sum()), f"{prefix}.edge": edge, f"{prefix}.s2": s2,
        f"{prefix}.softrank": edge / ell[0], f"{prefix}.spike_energy": ell[spikes].sum() / ell.sum(),
        f"{prefix}.D_bulk": d,
    })


def power_law(sigma, floor, out):
    lam = sigma**2
    out["log_norm"], out["log_spectral_norm"] = math.log10(lam.sum()), math.log10(lam[0])
    x = np.sort(lam[lam > max(floor**2, 1e-10 * lam[0])])
    if len(x) < 10:
        return
    best = None
    for i in range(len(x) - 1):
        tail = x[i:]
        denominator = np.sum(np.log(tail)) - len(tail) * math.log(x[i])
        if denominator <= 1e-12 * len(tail):
            continue
        alpha = 1 + len(tail) / denominator
        d = np.max(np.abs(1 - (tail / x[i]) ** (1 - alpha) - np.arange(len(tail)) / len(tail)))
        if best is None or d < best[0]:
            best = (d, alpha, x[i], len(tail))
    d, alpha, xmin, tail = best
    out.update({
        "alpha": alpha, "xmin": xmin, "D": d, "sigma": (alpha - 1) / math.sqrt(tail), "tail": tail,
        "num_pl_spikes": tail, "alpha_weighted": alpha * math.log10(lam[0]),
        "log_alpha_norm": math.log10(np.sum(x**alpha)),
        "alpha.gated": int(len(x) >= 50 and tail >= 20 and d <= 0.1 and alpha <= 8),
    })


def elements(t, blocks, dtype, conv, out, base):
    """t: canonical values as stored, blocks of rows stacked."""
    _, bits, min_normal, top = DTYPES[dtype]
    m, k = t.shape
    x = t.ravel()
    a, n = np.abs(x), x.size
    rms = math.sqrt(np.mean(x * x))
    nz = a[a > 0]
    rms_nz = math.sqrt(np.mean(nz * nz))
    step = 2 * 2.0**-bits * min_normal
    out["zero.frac"] = np.mean(x == 0)
    if (x == 0).any():
        out["zero.neg_frac"] = np.mean(np.signbit(x[x == 0]))
    out["zero.expected_quant"] = math.erf(step / (2 * math.sqrt(2) * rms))
    for name in ["1e-4", "1e-3", "1e-2", "1e-1"]:
        tau = float(name)
        if tau * rms_nz < step / 2:
            continue
        share = np.mean(nz < tau * rms_nz)
        out[f"near.frac({name})"] = share
        if nz.size * math.erf(tau / math.sqrt(2)) >= 20:
            out[f"near.excess({name})"] = share / math.erf(tau / math.sqrt(2))
    out["hoyer"] = (math.sqrt(n) - a.sum() / math.sqrt((a * a).sum())) / (math.sqrt(n) - 1)
    # Definition by pairs: mean difference over twice the mean.
    out["gini"] = np.abs(a[:, None] - a[None, :]).mean() / (2 * a.mean())
    zeros = t == 0
    out["row.zero"], out["col.zero"] = int(zeros.all(1).sum()), int(zeros.all(0).sum())
    z = zeros.mean()
    out["row.structured"] = int(zeros.all(1).any() and m * z**k < 1e-6)
    rn = np.linalg.norm(t, axis=1)
    limit = 1e-3 * np.median(rn[rn > 0])
    out["row.dead_rel"] = int((rn < limit).sum())
    for keep, size in [(1, 4), (2, 4), (4, 8), (8, 16)]:
        if k >= size:
            g = zeros[:, : k // size * size].reshape(m, -1, size).sum(2)
            out[f"nm({keep},{size})"] = np.mean(g >= size - keep)
            base[f"nm({keep},{size})"] = stats.binom.sf(size - keep - 1, size, z)
        if conv and conv >= size:
            c = zeros.reshape(m, conv, -1)[:, : conv // size * size].reshape(m, conv // size, size, -1).sum(2)
            out[f"nm_channel({keep},{size})"] = np.mean(c >= size - keep)
    if zeros.any():
        for h, w in [(1, 4), (1, 8), (4, 4), (8, 8), (16, 16), (32, 32), (64, 64)]:
            if m >= h and k >= w:
                b = zeros[: m // h * h, : k // w * w].reshape(m // h, h, k // w, w)
                out[f"block({h}x{w})"] = b.all((1, 3)).sum() * h * w / zeros.sum()
    run = longest = 0
    for row in zeros:
        run = 0
        for value in row:
            run = run + 1 if value else 0
            longest = max(longest, run)
    out["run.max_zero"] = longest
    out.update({"l1": a.sum(), "l2": np.linalg.norm(x), "linf": a.max(), "rms": rms, "mean_abs": a.mean()})
    out["row.l2"], out["row.linf"] = rn, np.abs(t).max(1)
    out["col.l2"] = np.linalg.norm(t, axis=0)
    out.update({"row.l2.min": rn.min(), "row.l2.median": np.median(rn), "row.l2.max": rn.max(),
                "row.l2.cv": rn.std() / rn.mean(), "l21": rn.sum()})
    base["row.l2.cv"] = stats.chi(k).std() / stats.chi(k).mean()
    out["linf_excess"] = a.max() / (rms * stats.norm.isf((1 - 2 ** (-1 / n)) / 2))
    out["pileup.clip"] = np.mean(a >= (1 - 2.0**-8) * a.max())
    out["pileup.maxnorm"] = np.mean(rn >= (1 - 1e-3) * rn.max())
    out.update({"mean": x.mean(), "std": x.std(), "min": x.min(), "max": x.max(),
                "skew": stats.skew(x), "exkurt": stats.kurtosis(x), "m1r": a.mean() / rms})
    ratio = lambda b: special.gamma(2 / b) / math.sqrt(special.gamma(1 / b) * special.gamma(3 / b))
    if ratio(0.2) < a.mean() / rms < ratio(20):
        out["beta"] = optimize.brentq(lambda b: ratio(b) - a.mean() / rms, 0.2, 20, xtol=1e-14)
    else:
        out["beta"] = 0.2 if a.mean() / rms <= ratio(0.2) else 20
    for q in [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]:
        out[f"quantile({q})"] = np.quantile(x, q)
    out.update({"finite_frac": 1, "n_nan": 0, "n_pinf": 0, "n_ninf": 0,
                "subnormal": int(((a > 0) & (a < min_normal)).sum())})
    if top:
        out["saturated_frac"] = np.mean(a >= 0.98 * top)


def layer(t, blocks, dtype, out, base):
    bits = DTYPES[dtype][1]
    parts = np.split(t, blocks)
    m, k = parts[0].shape
    p, n = min(m, k), max(m, k)
    rn = np.linalg.norm(t, axis=1)
    dead = (rn == 0) | (rn < 1e-3 * np.median(rn[rn > 0]))
    out["dead"] = int(dead.sum())
    eye = lambda s: np.eye(s)
    small = [w @ w.T if m <= k else w.T @ w for w in parts]
    large = [w.T @ w if m <= k else w @ w.T for w in parts]
    out["so"] = out["parseval"] = sum(np.sum((g - eye(p)) ** 2) for g in small)
    out["so_norm"] = math.sqrt(out["so"] / (blocks * p))
    out["dso"] = out["so"] + sum(np.sum((g - eye(n)) ** 2) for g in large)
    rows = [w @ w.T for w in parts]
    out["mc"] = max(np.abs(g - eye(m)).max() for g in rows)
    out["brock"] = sum(np.sum((g * (1 - eye(m))) ** 2) for g in rows)
    cosines = lambda vs: np.concatenate(
        [((u := v / np.linalg.norm(v, axis=1, keepdims=True)) @ u.T)[np.triu_indices(len(v), 1)] for v in vs])
    live = [w[~d] for w, d in zip(parts, np.split(dead, blocks))]
    c = cosines(live)
    out.update({"cos.mean_abs": np.abs(c).mean(), "cos.rms": math.sqrt(np.mean(c * c)), "cos.max": np.abs(c).max(),
                "OI_row": math.sqrt(k * np.mean(c * c))})
    base["cos.mean_abs"] = math.exp(special.gammaln(k / 2) - special.gammaln((k + 1) / 2)) / math.sqrt(math.pi)
    side = live if m <= k else [w.T[np.linalg.norm(w, axis=0) > 0] for w in parts]
    cs = cosines(side)
    oi2 = n * np.mean(cs * cs)
    out["OI_small"] = math.sqrt(oi2)
    out["oi.z"] = (1 - oi2) * math.sqrt(2 * len(cs)) / 2
    out["cos.hist"] = np.histogram(c, 101, (-1, 1))[0]
    for t_ in [0.95, 0.99]:
        chance = len(c) * special.betainc((k - 1) / 2, 0.5, 1 - t_ * t_)
        if chance < 0.01:
            out[f"dup({t_})"], out[f"dup_opp({t_})"] = int((c > t_).sum()), int((c < -t_).sum())
            count = 0
            for w in live:
                u = w / np.linalg.norm(w, axis=1, keepdims=True)
                count += len(w) - connected_components(np.abs(u @ u.T) > t_, directed=False)[0]
            out[f"redundant({t_})"] = count
    s = np.sort(np.concatenate([np.linalg.svd(w, compute_uv=False) for w in parts]))[::-1]
    if s[0] > 1e7 * s[-1]:
        # Bidiagonal SVD in double precision keeps no digits of the small ones; 40 digits do.
        s = np.sort(np.concatenate([high_precision_svd(w) for w in parts]))[::-1]
    lam = s**2
    out["singular_values"] = s
    out["srip"] = np.abs(lam - 1).max()
    fro = lam.sum()
    pr = fro**2 / np.sum(lam**2)
    out["PR"], out["scale_free_defect"] = pr, 1 - pr / len(s)
    entropy = lambda v: math.exp(stats.entropy(v[v > 0]))
    out.update({"sigma1": s[0], "nuclear": s.sum(), "schatten4": np.sum(lam**2) ** 0.25, "srank": fro / lam[0],
                "erank_sigma": entropy(s), "erank_lambda": entropy(lam), "gap": lam[0] / lam[1],
                "isometry.cv": s.std() / s.mean(), "isometry.mean_sq": lam.mean()})
    for q in [0.5, 0.9, 0.99]:
        out[f"energy({q})"] = int(np.argmax(np.cumsum(lam) >= q * fro) + 1)
    floor = 2 * 0.425 * 2.0**-bits * math.sqrt(fro / t.size) * (math.sqrt(m) + math.sqrt(k))
    gram_route = dtype != "f64" or s[0] / max(s[-1], 1e-300) < 1e7
    if gram_route:
        floor = max(floor, 2e-8 * s[0])
    above = s[s > floor]
    out["cond"] = s[0] / max(s[-1], floor)
    out["lnstd"] = out["isometry.lnstd"] = np.log(above).std()
    out["logvol"] = np.log(above).mean()
    out["rank_num"] = int((s > max(n * 2 * 2.0**-bits * s[0], floor)).sum())
    numbers = law_numbers(p / n)
    out["isometry.ratio"] = out["isometry.cv"] / numbers["cv"]
    gamma = p / n
    count = len(s)
    base["isometry.cv"], base["lnstd"] = numbers["cv"], numbers["lnstd"]
    base["erank_sigma"], base["erank_lambda"] = count * numbers["erank_sigma"], count * numbers["erank_lambda"]
    base["PR"], base["srank"] = count / (1 + gamma), count / (1 + math.sqrt(gamma)) ** 2
    base["sigma1"] = math.sqrt(fro / count) * (1 + math.sqrt(gamma))
    for name in ["PR", "srank", "erank_sigma", "erank_lambda", "sigma1", "lnstd"]:
        out[f"rel.{name}"] = out[name] / base[name]
    if gamma < 1:
        base["cond"] = (1 + math.sqrt(gamma)) / (1 - math.sqrt(gamma))
        out["rel.cond"] = out["cond"] / base["cond"]
    bema("mp", s, p, n, out)
    if p >= 32:
        unit = [w / np.linalg.norm(w, axis=1, keepdims=True) for w in live]
        su = np.sort(np.concatenate([np.linalg.svd(u, compute_uv=False) for u in unit]))[::-1]
        mean_live = round(m - dead.sum() / blocks)
        bema("mp_rn", su, min(mean_live, k), max(mean_live, k), out)
    power_law(s, floor, out)


def high_precision_svd(w):
    with mpmath.workdps(40):
        return np.array([float(v) for v in mpmath.svd_r(mpmath.matrix(w.tolist()), compute_uv=False)])


def cases():
    r = np.random.default_rng(20)
    gauss = lambda *shape: r.normal(0, 0.05, shape)
    yield "Gaussian", "f64", gauss(24, 40), {}
    sparse = gauss(40, 33)
    sparse[np.abs(sparse) < 0.03] *= 0
    sparse[7] = 0
    sparse[9] *= 1e-5
    sparse[:, 32] = 0
    sparse[16:24, 8:24] = 0
    yield "tall, sparse, dead filters", "f64", sparse, {}
    q, _ = np.linalg.qr(r.normal(size=(20, 20)))
    yield "ill-conditioned", "f64", np.diag(np.logspace(0, -11, 12)) @ q[:12], {}
    heavy = r.standard_t(3, (64, 40)) * 0.02
    heavy[5] = -1.01 * heavy[2]
    heavy[6] = heavy[2] * 1.5
    yield "heavy-tailed, duplicate filters", "f32", heavy, {}
    spiked = gauss(33, 50) + 0.1 * np.outer(r.normal(size=33), r.normal(size=50))
    yield "spiked", "f32", spiked, {}
    conv = gauss(24, 8, 3, 3)
    conv[np.abs(conv) < 0.05] = 0
    yield "convolution of two groups", "f32", conv, {"groups": 2}
    hwio = gauss(3, 3, 8, 10)
    hwio[:, :, ::2, :] *= r.random((3, 3, 4, 10)) < 0.4
    yield "Keras convolution", "bf16", hwio, {"hwio": True}
    yield "half precision", "f16", gauss(36, 30), {}
    yield "wide", "bf16", gauss(32, 70), {}
    yield "8-bit E4M3", "f8_e4m3fn", gauss(36, 44), {}
    yield "8-bit E5M2", "f8_e5m2", gauss(21, 16), {}


def plain(value):
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value.item() if isinstance(value, np.generic) else value


def main():
    result = []
    for name, dtype, values, options in cases():
        stored = torch.from_numpy(np.ascontiguousarray(values)).to(DTYPES[dtype][0])
        data = stored.view(torch.uint8).numpy().tobytes()
        exact = stored.to(torch.float64).numpy()
        blocks = options.get("groups", 1)
        conv = 0
        if options.get("hwio"):
            conv = exact.shape[2]
            exact = exact.transpose(3, 2, 0, 1)
        elif exact.ndim == 4:
            conv = exact.shape[1]
        canonical = exact.reshape(exact.shape[0], -1)
        out, base = {}, {}
        elements(canonical, blocks, dtype, conv, out, base)
        layer(canonical, blocks, dtype, out, base)
        result.append({
            "name": name, "dtype": dtype, "shape": list(values.shape), "blocks": blocks,
            "layout": "hwio" if options.get("hwio") else "plain",
            "data": base64.b64encode(data).decode(),
            "metrics": {key: plain(value) for key, value in out.items()},
            "baselines": {key: plain(value) for key, value in base.items()},
        })
    path = pathlib.Path(__file__).with_name("golden.json")
    path.write_text(json.dumps(result, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size)


main()
