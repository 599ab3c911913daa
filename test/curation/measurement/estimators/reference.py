"""Reference figures of estimators.test.ts, by SciPy, statsmodels and lifelines.

    python -m venv peer && peer/bin/pip install scipy statsmodels lifelines
    peer/bin/python test/curation/measurement/estimators/reference.py > test/curation/measurement/estimators/reference.json
"""
import json

import numpy as np
import pandas as pd
from lifelines import KaplanMeierFitter
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import normal_power
from statsmodels.stats.proportion import proportion_confint
import statsmodels.api as sm

rng = np.random.default_rng(20260501)
out = {}

out["normalUpper"] = [[z, float(stats.norm.sf(z))] for z in (-8, -3.3, -1, -0.1, 0, 0.5, 1.96, 4, 7.5, 12)]
out["normalQuantile"] = [[p, float(stats.norm.ppf(p))] for p in (1e-12, 1e-5, 0.01, 0.025, 0.3, 0.5, 0.8, 0.975, 0.9999)]
out["chiSquareUpper"] = [[x, k, float(stats.chi2.sf(x, k))] for x, k in ((0.01, 1), (1, 1), (3.84, 1), (10.8, 1), (2, 3), (50, 4), (120, 100), (0, 2))]
out["wilson"] = []
for count, total in ((0, 5), (1, 1), (3, 10), (157, 464), (999, 1000), (1000, 1000), (34, 100000)):
    for level in (0.9, 0.95, 0.99):
        low, high = proportion_confint(count, total, alpha=1 - level, method="wilson")
        out["wilson"].append([count, total, level, float(low), float(high)])

durations = rng.choice([15, 30, 120, 300, 600], size=200, p=[0.1, 0.1, 0.2, 0.2, 0.4])
lost = rng.random(200) < 0.35
curve = SurvfuncRight(durations, lost.astype(int))
fitter = KaplanMeierFitter().fit(durations, lost)
band = fitter.confidence_interval_
out["survival"] = {
    "exits": [[int(t), int(((durations == t) & lost).sum()), int(((durations == t) & ~lost).sum())] for t in sorted(set(durations))],
    "points": [
        {
            "time": int(t),
            "survival": float(fitter.survival_function_.loc[t].iloc[0]),
            "standardError": float(curve.surv_prob_se[list(curve.surv_times).index(t)]),
            "low": float(band.loc[t].iloc[0]),
            "high": float(band.loc[t].iloc[1]),
        }
        for t in sorted(set(durations))
    ],
    "median": float(fitter.median_survival_time_),
}

values = rng.integers(20, 900, size=101)
unique, counts = np.unique(values, return_counts=True)
out["quantile"] = {"counts": [[int(v), int(c)] for v, c in zip(unique, counts)], "at": [[q, float(np.quantile(values, q))] for q in (0, 0.05, 0.5, 0.95, 0.99, 1)]}

y = rng.poisson(20, size=120) + 1
x = rng.binomial(y, rng.beta(7.5, 19.3, size=120))
# A ratio of means with a cluster-robust error: the delta method is the sandwich of the weighted regression through one mean.
model = sm.WLS(x / y, np.ones(120), weights=y).fit(cov_type="HC0")
n = 120
out["ratio"] = {"x": x.tolist(), "y": y.tolist(), "value": float(model.params[0]), "standardError": float(model.bse[0] * np.sqrt(n / (n - 1)))}
boot = stats.bootstrap((x, y), lambda a, b, axis: a.sum(axis=axis) / b.sum(axis=axis), paired=True, vectorized=True, n_resamples=100000, method="percentile", random_state=rng)
out["bootstrap"] = {"low": float(boot.confidence_interval.low), "high": float(boot.confidence_interval.high)}

observed, shares = [5021, 4800, 10150], [1, 1, 2]
expected = np.array(shares) * sum(observed) / sum(shares)
test = stats.chisquare(observed, expected)
out["sampleRatio"] = {"observed": observed, "shares": shares, "statistic": float(test.statistic), "p": float(test.pvalue)}

p = [0.01, 0.04, 0.03, 0.005, 0.9, 0.04]
out["holm"] = {"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()}

effects, errors = [0.02, -0.01, 0.05, 0.0], [0.01, 0.02, 0.015, 0.03]
meta = combine_effects(np.array(effects), np.array(errors) ** 2)
out["heterogeneity"] = {"effects": effects, "errors": errors, "statistic": float(meta.q), "p": float(stats.chi2.sf(meta.q, len(effects) - 1))}

out["power"] = [[e, s, float(normal_power(e / s, 1, 0.05, sigma=1))] for e, s in ((0.01, 0.004), (0.0, 0.01), (-0.02, 0.01), (0.05, 0.01))]

# CUPED: within-arm slope of the outcome on the pre-period is that of a regression with an intercept for each arm.
before_y = rng.poisson(15, size=120) + 1
before_x = rng.binomial(before_y, np.clip(x / y, 0.02, 0.98))
arm = np.array([0, 1] * 60)
ratio = [x[arm == k].sum() / y[arm == k].sum() for k in (0, 1)]
lin = np.where(arm == 0, ratio[0] + (x - ratio[0] * y) / y[arm == 0].mean(), ratio[1] + (x - ratio[1] * y) / y[arm == 1].mean())
lin_before = (before_x - before_x.sum() / before_y.sum() * before_y) / before_y.mean()
fit = sm.OLS(lin, np.column_stack([arm == 0, arm == 1, lin_before]).astype(float)).fit()
theta = float(fit.params[2])
adjusted = pd.Series(lin - theta * lin_before)
a, b = adjusted[arm == 0], adjusted[arm == 1]
out["cuped"] = {
    "arm": arm.tolist(), "beforeX": before_x.tolist(), "beforeY": before_y.tolist(), "theta": theta,
    "value": float(b.mean() - a.mean()), "standardError": float(np.sqrt(a.sem() ** 2 + b.sem() ** 2)),
    "p": float(2 * stats.norm.sf(abs(b.mean() - a.mean()) / np.sqrt(a.sem() ** 2 + b.sem() ** 2))),
}
print(json.dumps(out, indent=1))
