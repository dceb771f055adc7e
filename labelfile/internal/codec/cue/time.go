// Package cue has what formats of subtitles share: times on a clock, and texts with tags and entities.
package cue

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// Arrow stands between the times of a cue.
const Arrow = "-->"

// Timing is the line of a cue that has its times.
type Timing struct {
	Start, End         decimal.Number
	StartText, EndText string
	Settings           string // what follows the times
	Exact              bool   // spelled exactly as the format has it
}

// ParseTiming reads the line of a cue that has its times. Hours and decimals may be missing or have other lengths,
// and the decimal point may be a comma or a point. A spelling with the format's own point and lengths is exact. A line
// that is only meant as times, as [IsTimes] reports, is read as what was meant.
func ParseTiming(line int, text string, point byte) (*Timing, *codec.SyntaxError) {
	t, bad := parseTiming(line, text, point)
	if bad == nil {
		return t, nil
	}
	mended, ok := mend(text, true)
	if !ok {
		return nil, bad
	}
	t, worse := parseTiming(line, mended, point)
	if worse != nil {
		return nil, bad
	}
	t.Exact = false
	return t, nil
}

// IsTiming reports whether a line has the times of a cue, with the arrow of the formats.
func IsTiming(text string, point byte) bool {
	_, bad := parseTiming(1, text, point)
	return bad == nil
}

func parseTiming(line int, text string, point byte) (*Timing, *codec.SyntaxError) {
	bad := func(offset int, found, expected string) *codec.SyntaxError {
		return &codec.SyntaxError{Place: codec.Place{Line: line, Column: utf8.RuneCountInString(text[:offset]) + 1},
			Found: found, Expected: expected}
	}
	arrow := strings.Index(text, Arrow)
	if arrow < 0 {
		return nil, bad(0, codec.Quote(text), "the times of a cue: start, "+Arrow+" and end")
	}
	t := &Timing{StartText: strings.Trim(text[:arrow], " \t")}
	begin := strings.Index(text, t.StartText)
	end := arrow + len(Arrow)
	end += len(text[end:]) - len(strings.TrimLeft(text[end:], " \t"))
	t.EndText = text[end:]
	if i := strings.IndexAny(t.EndText, " \t"); i >= 0 {
		t.EndText, t.Settings = t.EndText[:i], strings.Trim(t.EndText[i:], " \t")
	}
	var err error
	var exactStart, exactEnd bool
	if t.Start, exactStart, err = Clock(t.StartText, point); err != nil {
		return nil, bad(begin, found(t.StartText, err), "a start as hours:minutes:seconds")
	}
	if t.End, exactEnd, err = Clock(t.EndText, point); err != nil {
		return nil, bad(end, found(t.EndText, err), "an end as hours:minutes:seconds")
	}
	t.Exact = exactStart && exactEnd && arrow > 0 && text[arrow-1] == ' ' && text[arrow+len(Arrow):end] != ""
	return t, nil
}

func found(text string, err error) string {
	if errors.Is(err, decimal.ErrRange) {
		return codec.Quote(text) + " (" + err.Error() + ")"
	}
	return codec.Quote(text)
}

// maxHours is how many digits hours may have. More are beyond any time.
const maxHours = 9

// Clock reads hours:minutes:seconds.decimals. A spelling with the format's own point and lengths is exact.
func Clock(s string, point byte) (n decimal.Number, exact bool, err error) {
	if rest, negative := strings.CutPrefix(s, "-"); negative { // as programs round what is a hair below 0
		n, _, err = Clock(rest, point)
		if ms, _, _ := n.MS(); ms != 0 || strings.HasPrefix(rest, "-") {
			return n, false, decimal.ErrSyntax
		}
		return n.Times(-1), false, err
	}
	whole, fraction := s, ""
	if i := strings.IndexAny(s, ".,"); i >= 0 {
		whole, fraction = s[:i], s[i:]
		if !digits(fraction[1:], 1, 1<<10) {
			return n, false, decimal.ErrSyntax
		}
		exact = s[i] == point && len(fraction) == 4
	}
	colons := strings.Count(whole, ":")
	if colons != 1 && colons != 2 {
		return n, false, decimal.ErrSyntax
	}
	exact = exact && (colons == 2 || point == '.') // only WebVTT has times without hours
	var seconds int64
	for rest, more := whole, true; more; {
		var part string
		part, rest, more = strings.Cut(rest, ":")
		isHours := colons == 2 && len(part)+1+len(rest) == len(whole)
		if isHours && digits(part, maxHours+1, 1<<10) {
			return n, false, decimal.ErrRange
		}
		if !digits(part, 1, maxHours) || !isHours && len(part) > 2 {
			return n, false, decimal.ErrSyntax
		}
		v, _ := strconv.ParseInt(part, 10, 64) // it has only digits
		if !isHours && v >= 60 {
			return n, false, decimal.ErrSyntax
		}
		exact = exact && len(part) >= 2
		seconds = seconds*60 + v
	}
	n = decimal.FromMS(seconds * 1000)
	if fraction == "" {
		return n, exact, nil
	}
	parse := decimal.Parse
	if fraction[0] == ',' {
		parse = decimal.ParseComma
	}
	rest, err := parse(fraction)
	return n.Add(rest), exact, err
}

func digits(s string, least, most int) bool {
	return len(s) >= least && len(s) <= most && isDigits(s)
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// AppendTime appends a time as hours, minutes, seconds and milliseconds.
func AppendTime(dst []byte, ms int64, point byte) []byte {
	two := func(n int64) {
		if n < 10 {
			dst = append(dst, '0')
		}
		dst = strconv.AppendInt(dst, n, 10)
	}
	two(ms / 3_600_000)
	dst = append(dst, ':')
	two(ms / 60_000 % 60)
	dst = append(dst, ':')
	two(ms / 1000 % 60)
	ms %= 1000
	return append(dst, point, byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
}
