// Package decimal keeps times exactly as they are written, until they are rounded to milliseconds once.
package decimal

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
)

// Number is an exact time in seconds. The zero Number is 0. It is a value: copy it freely.
type Number struct {
	mant  int64    // mant / 10^scale, if exact is nil
	scale uint8    // at most maxScale
	exact *big.Rat // a number that does not fit; never changed once it is set
}

const (
	maxScale  = 18 // 10^18 fits an int64
	maxDigits = 64 // more digits say nothing about a time, and could cost an attacker's victim much time
	maxPower  = 64
	minPower  = -400 // below the least float, which is about 5e-324: what arithmetic leaves of 0
)

var (
	// ErrSyntax is returned for a text that is not a decimal number.
	ErrSyntax = errors.New("not a number")
	// ErrRange is returned for a number that has too many digits, or is larger than any time.
	ErrRange = errors.New("out of range")
)

var pow10 = func() (p [maxScale + 1]int64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

// Parse reads a number such as "12", "-0.5", ".25", "3." or "1.5e-3". White space around it is not allowed.
func Parse(s string) (Number, error) { return parse(s, '.') }

// ParseComma is [Parse] for numbers with a decimal comma: "12,5". A decimal point is refused.
func ParseComma(s string) (Number, error) { return parse(s, ',') }

func parse(s string, point byte) (Number, error) {
	rest, negative := s, false
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		rest, negative = rest[1:], rest[0] == '-'
	}
	var mant int64
	digits, fraction, some, inFraction, fits := 0, 0, false, false, true
	i := 0
	for ; i < len(rest); i++ {
		c := rest[i]
		if c == point && !inFraction {
			inFraction = true
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		some = true
		if inFraction {
			fraction++
		}
		if mant == 0 && c == '0' && fits {
			continue // leading zeros do not count
		}
		if digits++; digits > maxScale {
			fits = false
			continue
		}
		mant = mant*10 + int64(c-'0')
	}
	if !some {
		return Number{}, ErrSyntax
	}
	if digits > maxDigits || fraction > maxDigits {
		return Number{}, fmt.Errorf("%w: more than %d digits", ErrRange, maxDigits)
	}
	power, err := exponent(rest[i:])
	if err != nil {
		return Number{}, err
	}
	if scale := fraction - power; fits && scale >= 0 && scale <= maxScale {
		if negative {
			mant = -mant
		}
		return Number{mant: mant, scale: uint8(scale)}, nil
	}
	return slow(rest[:i], point, power, negative)
}

// exponent reads what may follow the digits.
func exponent(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	if s[0] != 'e' && s[0] != 'E' || len(s) == 1 {
		return 0, ErrSyntax
	}
	power, err := strconv.Atoi(s[1:])
	if errors.Is(err, strconv.ErrSyntax) {
		return 0, ErrSyntax
	}
	if err != nil || power > maxPower || power < minPower {
		return 0, fmt.Errorf("%w: exponent %s", ErrRange, s[1:min(len(s), 12)])
	}
	return power, nil
}

// slow makes a number of more digits than fit an int64.
func slow(digits string, point byte, power int, negative bool) (Number, error) {
	text := []byte(digits)
	for i, c := range text {
		if c == point {
			text[i] = '.'
		}
	}
	r, ok := new(big.Rat).SetString(string(text))
	if !ok {
		return Number{}, ErrSyntax
	}
	ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(power, -power))), nil)
	if power < 0 {
		r.Quo(r, new(big.Rat).SetInt(ten))
	} else {
		r.Mul(r, new(big.Rat).SetInt(ten))
	}
	if negative {
		r.Neg(r)
	}
	return Number{exact: r}, nil
}

// FromMS returns a time in milliseconds as a number.
func FromMS(ms int64) Number { return Number{mant: ms, scale: 3} }

// Milliseconds returns the time of a number that counts milliseconds: it divides by 1000.
func (n Number) Milliseconds() Number { return n.Over(1000) }

// Over divides by a whole number above 0, such as a sample rate in hertz.
func (n Number) Over(rate int64) Number {
	if n.exact == nil && rate == 1000 && n.scale+3 <= maxScale {
		return Number{mant: n.mant, scale: n.scale + 3}
	}
	return Number{exact: new(big.Rat).Quo(n.rat(), new(big.Rat).SetInt64(rate))}
}

// Times multiplies by a whole number.
func (n Number) Times(k int64) Number {
	if n.exact == nil && (n.mant == 0 || abs(n.mant) <= math.MaxInt64/max(abs(k), 1) && n.mant != math.MinInt64) {
		return Number{mant: n.mant * k, scale: n.scale}
	}
	return Number{exact: new(big.Rat).Mul(n.rat(), new(big.Rat).SetInt64(k))}
}

// Add returns the exact sum.
func (n Number) Add(m Number) Number {
	if n.exact == nil && m.exact == nil {
		if n.scale < m.scale {
			n, m = m, n
		}
		if by := pow10[n.scale-m.scale]; abs(m.mant) <= math.MaxInt64/by {
			a, b := n.mant, m.mant*by
			if sum := a + b; (sum > a) == (b > 0) {
				return Number{mant: sum, scale: n.scale}
			}
		}
	}
	return Number{exact: new(big.Rat).Add(n.rat(), m.rat())}
}

// Cmp compares two numbers: -1, 0 or 1.
func (n Number) Cmp(m Number) int {
	if n.exact == nil && m.exact == nil && n.scale == m.scale {
		switch {
		case n.mant < m.mant:
			return -1
		case n.mant > m.mant:
			return 1
		}
		return 0
	}
	return n.rat().Cmp(m.rat())
}

// Sign returns -1, 0 or 1. The sign of "-0" is 0.
func (n Number) Sign() int {
	if n.exact != nil {
		return n.exact.Sign()
	}
	switch {
	case n.mant < 0:
		return -1
	case n.mant > 0:
		return 1
	}
	return 0
}

// BelowZero reports whether a number rounds to less than 0 milliseconds.
func (n Number) BelowZero() bool {
	if n.Sign() >= 0 {
		return false
	}
	ms, _, err := n.MS()
	return err != nil || ms < 0
}

// MS rounds to whole milliseconds, halves away from zero, and reports whether the number was whole already. A time
// that does not fit an int64 is [ErrRange].
func (n Number) MS() (ms int64, exact bool, err error) {
	switch {
	case n.exact != nil:
		return n.slowMS()
	case n.scale <= 3:
		by := pow10[3-n.scale]
		if abs(n.mant) > math.MaxInt64/by {
			return 0, false, ErrRange
		}
		return n.mant * by, true, nil
	}
	by := pow10[n.scale-3]
	ms, rest := n.mant/by, abs(n.mant%by)
	if rest >= by-rest {
		if n.mant < 0 {
			ms--
		} else {
			ms++
		}
	}
	return ms, rest == 0, nil
}

func (n Number) slowMS() (int64, bool, error) {
	r := new(big.Rat).Mul(n.exact, new(big.Rat).SetInt64(1000))
	twice := new(big.Int).Lsh(new(big.Int).Abs(r.Num()), 1)
	twice.Add(twice, r.Denom()) // floor((2|a| + b) / 2b) rounds |a|/b, halves up
	ms := twice.Quo(twice, new(big.Int).Lsh(r.Denom(), 1))
	if !ms.IsInt64() {
		return 0, false, ErrRange
	}
	out := ms.Int64()
	if r.Sign() < 0 {
		out = -out
	}
	return out, r.IsInt(), nil
}

func (n Number) rat() *big.Rat {
	if n.exact != nil {
		return n.exact
	}
	return new(big.Rat).SetFrac64(n.mant, pow10[n.scale])
}

// abs returns the absolute value; for the smallest int64, which has none, the largest int64.
func abs(n int64) int64 {
	switch {
	case n == math.MinInt64:
		return math.MaxInt64
	case n < 0:
		return -n
	}
	return n
}

// Seconds writes milliseconds as seconds, with as many decimals as needed and at least one: "1.5", "0.0".
func Seconds(ms int64) string { return string(AppendSeconds(nil, ms, 1)) }

// AppendSeconds appends milliseconds as seconds, with at least the given number of the three decimals.
func AppendSeconds(dst []byte, ms int64, decimals int) []byte {
	if ms < 0 {
		dst, ms = append(dst, '-'), -ms
	}
	dst = strconv.AppendInt(dst, ms/1000, 10)
	rest := [3]byte{byte('0' + ms/100%10), byte('0' + ms/10%10), byte('0' + ms%10)}
	n := 3
	for n > decimals && rest[n-1] == '0' {
		n--
	}
	if n == 0 {
		return dst
	}
	return append(append(dst, '.'), rest[:n]...)
}
