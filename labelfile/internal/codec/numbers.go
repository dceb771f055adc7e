package codec

import (
	"strconv"
	"strings"

	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// Number reads a number with a decimal point or, if comma is set, with a decimal comma.
func Number(s string, comma bool) (decimal.Number, error) {
	if comma && strings.IndexByte(s, ',') >= 0 {
		return decimal.ParseComma(s)
	}
	return decimal.Parse(s)
}

// Confidence reads a decimal number from 0 to 1, and returns false for anything else.
func Confidence(s string, comma bool) (float64, bool) {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && strings.IndexByte(".,+-eE", c) < 0 {
			return 0, false
		}
	}
	if comma && strings.IndexByte(s, '.') < 0 {
		s = strings.Replace(s, ",", ".", 1)
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && f >= 0 && f <= 1
}
