package decimal

import (
	"errors"
	"fmt"
	"math/big"
	"testing"

	"github.com/matryer/is"
)

func TestNumber_MS(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text  string
		ms    int64
		exact bool
	}{
		{"0", 0, true},
		{"-0", 0, true},
		{"-0.0", 0, true},
		{"12", 12000, true},
		{"3.", 3000, true},
		{".25", 250, true},
		{"1.5e-3", 2, false},
		{"1.5e3", 1500000, true},
		{"+1.25", 1250, true},
		{"0.0005", 1, false},   // a half goes away from zero
		{"-0.0005", -1, false}, // on both sides
		{"0.00049999", 0, false},
		{"1.0004999999999999999999", 1000, false}, // more digits than a float or an int64 has
		{"1.0005000000000000000001", 1001, false},
		{"2.675", 2675, true}, // 2.67499999999999982236431605997495353221893310546875 as a float
		{"8796093022.208", 1 << 43, true},
		{"00000000000000000000000000001.5", 1500, true},
		{"0.000000000000000000000000000000000000000000000001", 0, false},
		{"-4.9e-324", 0, false}, // the least that a float can say
	} {
		t.Run(tt.text, func(t *testing.T) {
			is := is.New(t)
			n, err := Parse(tt.text)
			is.NoErr(err)
			ms, exact, err := n.MS()
			is.NoErr(err)
			is.Equal(ms, tt.ms)
			is.Equal(exact, tt.exact)
		})
	}
}

func TestParse_refuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", ".", "-", "e5", "1e", "1e+", "1.2.3", "1,5", " 1", "1 ", "0x10", "NaN", "inf", "1_000", "--1", "١"} {
		is := is.New(t)
		_, err := Parse(text)
		is.True(errors.Is(err, ErrSyntax)) // it is no decimal number
	}
	for _, text := range []string{"1e999999999999", "1e65", "1e-401", fmt.Sprintf("%0100d", 1) + "1", fmt.Sprintf("1%0100d", 1)} {
		is := is.New(t)
		_, err := Parse(text)
		if err == nil {
			continue // leading zeros say nothing
		}
		is.True(errors.Is(err, ErrRange)) // it is none of any time
	}
	is := is.New(t)
	n, err := Parse("1e60")
	is.NoErr(err)
	_, _, err = n.MS()
	is.True(errors.Is(err, ErrRange)) // more milliseconds than an int64 holds
	n, err = ParseComma("1,5")
	is.NoErr(err)
	is.Equal(n, must(Parse("1.5")))
	_, err = ParseComma("1.5")
	is.True(errors.Is(err, ErrSyntax)) // no guess at what the point may mean
}

func TestNumber_Add_beforeRounding(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	// 0.0004 + 0.0004 is 0.0008, which is 1 ms; each alone is 0.
	ms, exact, err := must(Parse("0.0004")).Add(must(Parse("0.0004"))).MS()
	is.NoErr(err)
	is.Equal(ms, int64(1))
	is.True(!exact)
	ms, exact, err = FromMS(1).Add(must(Parse("0.00000000000000000000000001"))).MS()
	is.NoErr(err)
	is.Equal(ms, int64(1))
	is.True(!exact) // no digit is forgotten
	ms, exact, err = must(Parse("9223372036854775.807")).Add(must(Parse("0.5"))).MS()
	is.True(errors.Is(err, ErrRange)) // it does not wrap around
	is.Equal(ms, int64(0))
	is.True(!exact)
}

func TestNumber_Over(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ms, exact, err := must(Parse("22050")).Over(44100).MS()
	is.NoErr(err)
	is.Equal(ms, int64(500))
	is.True(exact)
	ms, exact, err = must(Parse("1")).Over(44100).MS()
	is.NoErr(err)
	is.Equal(ms, int64(0))
	is.True(!exact)
	is.Equal(must(Parse("1500.5")).Milliseconds().Cmp(must(Parse("1.5005"))), 0)
}

func TestSeconds(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	is.Equal(Seconds(0), "0.0")
	is.Equal(Seconds(1500), "1.5")
	is.Equal(Seconds(1234), "1.234")
	is.Equal(Seconds(-20), "-0.02")
	is.Equal(string(AppendSeconds(nil, 7000, 0)), "7")
	is.Equal(string(AppendSeconds(nil, 7, 3)), "0.007")
}

// FuzzNumber compares with big.Rat, and with what Seconds writes.
func FuzzNumber(f *testing.F) {
	f.Add("1.5", "0.0005", int64(44100))
	f.Add("-9223372036854775808", "1e-18", int64(3))
	f.Add("0.123456789012345678", "99999999999999999.9", int64(1000))
	f.Fuzz(func(t *testing.T, a, b string, k int64) {
		x, errX := Parse(a)
		y, errY := Parse(b)
		if errX != nil || errY != nil {
			return
		}
		rx, ok := new(big.Rat).SetString(a)
		if !ok {
			t.Fatalf("%q is taken, and is no number", a)
		}
		ry, _ := new(big.Rat).SetString(b)
		same := func(what string, n Number, want *big.Rat) {
			if n.rat().Cmp(want) != 0 {
				t.Fatalf("%s of %q, %q, %d: %v, not %v", what, a, b, k, n.rat(), want)
			}
		}
		same("parse", x, rx)
		same("sum", x.Add(y), new(big.Rat).Add(rx, ry))
		same("product", x.Times(k), new(big.Rat).Mul(rx, new(big.Rat).SetInt64(k)))
		if k > 0 {
			same("quotient", x.Over(k), new(big.Rat).Quo(rx, new(big.Rat).SetInt64(k)))
		}
		if x.Cmp(y) != rx.Cmp(ry) || x.Sign() != rx.Sign() {
			t.Fatalf("%q and %q compare as %d, sign %d", a, b, x.Cmp(y), x.Sign())
		}
		ms, exact, err := x.MS()
		if below := x.BelowZero(); below != (err == nil && ms < 0 || err != nil && rx.Sign() < 0) {
			t.Fatalf("%q is below zero: %v", a, below)
		}
		if err != nil {
			return
		}
		diff := new(big.Rat).Sub(rx, new(big.Rat).SetFrac64(ms, 1000))
		if diff.Abs(diff).Cmp(big.NewRat(1, 2000)) > 0 || exact != (diff.Sign() == 0) {
			t.Fatalf("%q is %d ms, exact %v", a, ms, exact)
		}
		if back, _, err := must(Parse(Seconds(ms))).MS(); err != nil || back != ms {
			t.Fatalf("%d ms are written as %s", ms, Seconds(ms))
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
