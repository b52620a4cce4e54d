// Hashes of byte strings: MD5 (RFC 1321), SHA-1, SHA-256 and SHA-512 with their short forms (FIPS 180-4), SHA3-512 (FIPS 202).

function hexOf(words, bytesPerWord, littleEndian) {
  const parts = words.map((word) => BigInt.asUintN(bytesPerWord * 8, BigInt(word)).toString(16).padStart(bytesPerWord * 2, "0"));
  return parts.map((part) => (littleEndian ? part.match(/../g).reverse().join("") : part)).join("");
}

// Message padded with 0x80, zeros and its length in bits.
function paddedBytes(bytes, blockSize, littleEndian) {
  const lengthSize = blockSize / 8;
  const size = Math.ceil((bytes.length + 1 + lengthSize) / blockSize) * blockSize;
  const padded = new Uint8Array(size);
  for (let i = 0; i < bytes.length; i++) padded[i] = bytes.charCodeAt(i);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(size - 8, BigInt(bytes.length) * 8n, littleEndian);
  return view;
}

const rotateLeft = (word, count) => (word << count) | (word >>> (32 - count));
const rotateRight = (word, count) => (word >>> count) | (word << (32 - count));

function md5(bytes) {
  const view = paddedBytes(bytes, 64, true);
  const shifts = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
  const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let block = 0; block < view.byteLength; block += 64) {
    let [a, b, c, d] = state;
    for (let i = 0; i < 64; i++) {
      const round = i >> 4;
      const mixed = [(b & c) | (~b & d), (d & b) | (~d & c), b ^ c ^ d, c ^ (b | ~d)][round];
      const word = view.getUint32(block + 4 * [i, 5 * i + 1, 3 * i + 5, 7 * i][round] % 64 , true);
      const sum = (a + mixed + Math.floor(Math.abs(Math.sin(i + 1)) * 4294967296) + word) | 0;
      [a, d, c, b] = [d, c, b, (b + rotateLeft(sum, shifts[round * 4 + (i % 4)])) | 0];
    }
    [a, b, c, d].forEach((word, i) => (state[i] = (state[i] + word) | 0));
  }
  return hexOf(state, 4, true);
}

function sha1(bytes) {
  const view = paddedBytes(bytes, 64, false);
  const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  const constants = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];
  for (let block = 0; block < view.byteLength; block += 64) {
    const words = Array.from({ length: 16 }, (_, i) => view.getInt32(block + 4 * i));
    for (let i = 16; i < 80; i++) words.push(rotateLeft(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1));
    let [a, b, c, d, e] = state;
    for (let i = 0; i < 80; i++) {
      const round = Math.floor(i / 20);
      const mixed = [(b & c) | (~b & d), b ^ c ^ d, (b & c) | (b & d) | (c & d), b ^ c ^ d][round];
      const next = (rotateLeft(a, 5) + mixed + e + constants[round] + words[i]) | 0;
      [e, d, c, b, a] = [d, c, rotateLeft(b, 30), a, next];
    }
    [a, b, c, d, e].forEach((word, i) => (state[i] = (state[i] + word) | 0));
  }
  return hexOf(state, 4, false);
}

function primes(count) {
  const found = [];
  for (let number = 2; found.length < count; number++) if (found.every((prime) => number % prime !== 0)) found.push(number);
  return found;
}

// First 64 bits of the fractional part of a root, by whole numbers.
function rootBits(prime, degree) {
  const target = BigInt(prime) << BigInt(64 * degree);
  let low = 0n;
  let high = 1n << 72n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** BigInt(degree) <= target) low = middle;
    else high = middle;
  }
  return BigInt.asUintN(64, low);
}

const shaTables = { constants: null };

function shaConstants() {
  shaTables.constants ??= primes(80).map((prime) => rootBits(prime, 3));
  return shaTables.constants;
}

function sha256(bytes, start, size) {
  const view = paddedBytes(bytes, 64, false);
  const constants = shaConstants().slice(0, 64).map((bits) => Number(bits >> 32n) | 0);
  const state = [...start];
  for (let block = 0; block < view.byteLength; block += 64) {
    const words = Array.from({ length: 16 }, (_, i) => view.getInt32(block + 4 * i));
    for (let i = 16; i < 64; i++) {
      const [x, y] = [words[i - 15], words[i - 2]];
      const first = rotateRight(x, 7) ^ rotateRight(x, 18) ^ (x >>> 3);
      const second = rotateRight(y, 17) ^ rotateRight(y, 19) ^ (y >>> 10);
      words.push((words[i - 16] + first + words[i - 7] + second) | 0);
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const first = (h + (rotateRight(e, 6) ^ rotateRight(e, 11) ^ rotateRight(e, 25)) + ((e & f) ^ (~e & g)) + constants[i] + words[i]) | 0;
      const second = ((rotateRight(a, 2) ^ rotateRight(a, 13) ^ rotateRight(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = (state[i] + word) | 0));
  }
  return hexOf(state, 4, false).slice(0, size * 2);
}

function sha512(bytes, start, size) {
  const view = paddedBytes(bytes, 128, false);
  const constants = shaConstants();
  const wrap = (word) => BigInt.asUintN(64, word);
  const turn = (word, count) => wrap((word >> count) | (word << (64n - count)));
  const state = [...start];
  for (let block = 0; block < view.byteLength; block += 128) {
    const words = Array.from({ length: 16 }, (_, i) => view.getBigUint64(block + 8 * i));
    for (let i = 16; i < 80; i++) {
      const [x, y] = [words[i - 15], words[i - 2]];
      const first = turn(x, 1n) ^ turn(x, 8n) ^ (x >> 7n);
      const second = turn(y, 19n) ^ turn(y, 61n) ^ (y >> 6n);
      words.push(wrap(words[i - 16] + first + words[i - 7] + second));
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 80; i++) {
      const first = h + (turn(e, 14n) ^ turn(e, 18n) ^ turn(e, 41n)) + ((e & f) ^ (wrap(~e) & g)) + constants[i] + words[i];
      const second = (turn(a, 28n) ^ turn(a, 34n) ^ turn(a, 39n)) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, wrap(d + first), c, b, a, wrap(first + second)];
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = wrap(state[i] + word)));
  }
  return hexOf(state, 8, false).slice(0, size * 2);
}

// SHA3-512 (FIPS 202): lanes of 64 bits in a row of 25.
function keccak(lanes) {
  const turn = (word, count) => BigInt.asUintN(64, (word << count) | (word >> (64n - count)));
  let state = 1;
  for (let round = 0; round < 24; round++) {
    const parity = [0, 1, 2, 3, 4].map((x) => lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20]);
    for (let i = 0; i < 25; i++) lanes[i] ^= parity[(i + 4) % 5] ^ turn(parity[(i + 1) % 5], 1n);
    let [x, y, moved] = [1, 0, lanes[1]];
    for (let step = 0; step < 24; step++) {
      [x, y] = [y, (2 * x + 3 * y) % 5];
      const place = x + 5 * y;
      [moved, lanes[place]] = [lanes[place], turn(moved, BigInt((((step + 1) * (step + 2)) / 2) % 64))];
    }
    for (let row = 0; row < 25; row += 5) {
      const old = lanes.slice(row, row + 5);
      for (let i = 0; i < 5; i++) lanes[row + i] = old[i] ^ (BigInt.asUintN(64, ~old[(i + 1) % 5]) & old[(i + 2) % 5]);
    }
    for (let bit = 0; bit < 7; bit++) {
      if (state & 1) lanes[0] ^= 1n << BigInt((1 << bit) - 1);
      state = state & 0x80 ? (state << 1) ^ 0x171 : state << 1;
    }
  }
}

function sha3(bytes, size) {
  const rate = 200 - 2 * size;
  const padded = new Uint8Array((Math.floor(bytes.length / rate) + 1) * rate);
  for (let i = 0; i < bytes.length; i++) padded[i] = bytes.charCodeAt(i);
  padded[bytes.length] ^= 6;
  padded[padded.length - 1] ^= 0x80;
  const view = new DataView(padded.buffer);
  const lanes = Array.from({ length: 25 }, () => 0n);
  for (let block = 0; block < padded.length; block += rate) {
    for (let i = 0; i < rate / 8; i++) lanes[i] ^= view.getBigUint64(block + 8 * i, true);
    keccak(lanes);
  }
  return hexOf(lanes.slice(0, size / 8), 8, true);
}

const SHORT_STARTS = {
  sha384: () => primes(16).slice(8).map((prime) => rootBits(prime, 2)), // FIPS 180-4, 5.3.4: the 9th to 16th primes
};

function hashBytes(bytes, algorithm) {
  const roots = () => primes(8).map((prime) => rootBits(prime, 2));
  switch (algorithm) {
    case "md5": return md5(bytes);
    case "sha1": return sha1(bytes);
    case "sha224": return sha256(bytes, SHORT_STARTS.sha384().map((bits) => Number(BigInt.asUintN(32, bits)) | 0), 28);
    case "sha256": return sha256(bytes, roots().map((bits) => Number(bits >> 32n) | 0), 32);
    case "sha384": return sha512(bytes, SHORT_STARTS.sha384(), 48);
    case "sha512": return sha512(bytes, roots(), 64);
    case "sha3": return sha3(bytes, 64);
    default: throw new Failure(`hash() does not know "${algorithm}": use md5, base64, sha1, sha224, sha256, sha384, sha512 or sha3.`);
  }
}
