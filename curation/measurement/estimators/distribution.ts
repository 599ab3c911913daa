/** The normal and chi-square distributions, to about 1e-14. */

const LANCZOS = [
  0.99999999999999709182, 57.156235665862923517, -59.597960355475491248, 14.136097974741747174,
  -0.49191381609762019978, 0.33994649984811888699e-4, 0.46523628927048575665e-4, -0.98374475304879564677e-4,
  0.15808870322491248884e-3, -0.21026444172410488319e-3, 0.2174396181152126432e-3, -0.16431810653676389022e-3,
  0.84418223983852743293e-4, -0.2619083840158140867e-4, 0.36899182659531622704e-5,
]; // prettier-ignore
const EPSILON = 1e-17;
const ROUNDS = 10_000;

/** ln Γ(x), x > 0: Lanczos with g = 607/128 and 15 terms (Godfrey 2001). */
export function logGamma(x: number): number {
  let sum = LANCZOS[0]!;
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i]! / (x + i);
  const t = x + 607 / 128 + 0.5;
  return (x + 0.5) * Math.log(t) - t + Math.log((2.5066282746310005024 * sum) / x);
}

/** Upper regularised incomplete gamma Q(a, x), a > 0, x >= 0: series below a + 1, continued fraction (Lentz) above. */
export function gammaUpper(a: number, x: number): number {
  if (!(x > 0)) return 1;
  if (!Number.isFinite(x)) return 0;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < ROUNDS && Math.abs(term) > Math.abs(sum) * EPSILON; n++) sum += term *= x / (a + n);
    return 1 - front * sum;
  }
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let value = d;
  for (let n = 1; n < ROUNDS; n++) {
    const an = -n * (n - a);
    b += 2;
    d = 1 / (Math.abs(an * d + b) < tiny ? tiny : an * d + b);
    c = Math.abs(b + an / c) < tiny ? tiny : b + an / c;
    const step = c * d;
    value *= step;
    if (Math.abs(step - 1) <= 1e-16) break;
  }
  return front * value;
}

/** P(Z > z). */
export function normalUpper(z: number): number {
  const tail = gammaUpper(0.5, (z * z) / 2) / 2;
  return z >= 0 ? tail : 1 - tail;
}

/** Two-sided p of a standard normal statistic. */
export function normalTwoSided(z: number): number {
  return gammaUpper(0.5, (z * z) / 2);
}

/** P(X > x) of chi-square with `degrees` degrees of freedom. */
export function chiSquareUpper(x: number, degrees: number): number {
  return gammaUpper(degrees / 2, x / 2);
}

/** The z with P(Z <= z) = p, 0 < p < 1: Hastings' start, then Newton steps. */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError('a quantile is asked for a probability between 0 and 1');
  if (p === 0.5) return 0;
  const q = Math.min(p, 1 - p);
  let z = start(q);
  for (let step = 0; step < 4; step++) {
    const density = Math.exp((-z * z) / 2) / 2.5066282746310005024;
    z -= (normalUpper(-z) - q) / density;
  }
  return p < 0.5 ? z : -z;
}

/** Hastings' approximation (Abramowitz and Stegun 26.2.23) for q <= 0.5, within 4.5e-4. */
function start(q: number): number {
  const t = Math.sqrt(-2 * Math.log(q));
  return -(
    t -
    (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t)
  );
}
