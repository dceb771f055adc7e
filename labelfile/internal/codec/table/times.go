package table

import (
	"errors"
	"strconv"
	"strings"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// parseTime reads a time in a unit. The zero Unit is seconds, or a clock if there is a colon.
func parseTime(s string, unit Unit, rate int64, comma bool) (decimal.Number, error) {
	if unit == Clock || unit == "" && strings.IndexByte(s, ':') >= 0 {
		return parseClock(s)
	}
	n, err := codec.Number(s, comma)
	if err != nil {
		return n, err
	}
	switch unit {
	case Milliseconds:
		n = n.Milliseconds()
	case Samples:
		n = n.Over(rate)
	}
	return n, nil
}

var errClock = errors.New("not a time of the form hh:mm:ss.mmm")

// parseClock reads [[hh:]mm:]ss with decimals after a point or a comma. Minutes and seconds are below 60 if something
// stands before them.
func parseClock(s string) (decimal.Number, error) {
	if rest, negative := strings.CutPrefix(s, "-"); negative { // as programs round what is a hair below 0
		n, err := parseClock(rest)
		if ms, _, _ := n.MS(); err != nil || ms != 0 || strings.HasPrefix(rest, "-") {
			return n, errClock
		}
		return n.Times(-1), nil
	}
	var whole int64
	rest := s
	for parts := 0; ; parts++ {
		part, after, more := strings.Cut(rest, ":")
		if !more {
			break
		}
		n, err := strconv.ParseUint(part, 10, 32)
		if err != nil || parts == 2 || parts > 0 && (n >= 60 || len(part) != 2) {
			return decimal.Number{}, errClock
		}
		whole, rest = (whole+int64(n))*60, after
	}
	seconds, err := codec.Number(rest, true)
	if err != nil || strings.ContainsAny(rest, "+-eE") {
		return decimal.Number{}, errClock
	}
	if len(rest) != len(s) &&
		(seconds.Cmp(decimal.FromMS(60_000)) >= 0 || len(rest) < 2 || !digit(rest[0]) || !digit(rest[1])) {
		return decimal.Number{}, errClock
	}
	return decimal.FromMS(whole * 1000).Add(seconds), nil
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// appendTime writes a time in a unit. It is exact except for samples, which are rounded to the nearest.
func appendTime(dst []byte, ms int64, unit Unit, rate int64, decimals int) []byte {
	switch unit {
	case Milliseconds:
		return strconv.AppendInt(dst, ms, 10)
	case Samples:
		return strconv.AppendInt(dst, samples(ms, rate), 10)
	case Clock:
		for _, part := range [...]int64{ms / 3_600_000, ms / 60_000 % 60} {
			if part < 10 {
				dst = append(dst, '0')
			}
			dst = append(strconv.AppendInt(dst, part, 10), ':')
		}
		if ms %= 60_000; ms < 10_000 {
			dst = append(dst, '0')
		}
		return decimal.AppendSeconds(dst, ms, 3)
	}
	return decimal.AppendSeconds(dst, ms, decimals)
}

// samples returns ms·rate/1000, rounded to the nearest, computed in parts that do not overflow.
func samples(ms, rate int64) int64 {
	return ms/1000*rate + (ms%1000*rate+500)/1000
}
