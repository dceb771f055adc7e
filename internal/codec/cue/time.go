// Package cue is what formats of subtitles share: times on a clock, and texts with tags and entities.
package cue

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/annoset/annoset/internal/codec"
	"github.com/annoset/annoset/internal/decimal"
)

// Arrow stands between the times of a cue.
const Arrow = "-->"

// Timing is the line of a cue that says its times.
type Timing struct {
	Start, End         decimal.Number
	StartText, EndText string
	Settings           string // what follows the times
	Exact              bool   // written as the format has it
}

// ParseTiming reads the line of a cue that says its times. Hours and decimals may be missing, have other lengths, and the
// point may be a comma; the point of the format makes it exact.
func ParseTiming(line int, text string, point byte) (*Timing, *codec.SyntaxError) {
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
	if t.Start, exactStart, err = clock(t.StartText, point); err != nil {
		return nil, bad(begin, found(t.StartText, err), "a start as hours:minutes:seconds")
	}
	if t.End, exactEnd, err = clock(t.EndText, point); err != nil {
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

// maxHours is how many digits hours may have: more are beyond any time.
const maxHours = 9

// clock reads hours:minutes:seconds.decimals.
func clock(s string, point byte) (n decimal.Number, exact bool, err error) {
	whole, fraction, cut := s, "", false
	if i := strings.IndexAny(s, ".,"); i >= 0 {
		whole, fraction, cut = s[:i], s[i+1:], true
		exact = s[i] == point && len(fraction) == 3
	}
	parts := strings.Split(whole, ":")
	if len(parts) < 2 || len(parts) > 3 || cut && !digits(fraction, 1, 1<<10) {
		return n, false, decimal.ErrSyntax
	}
	var seconds int64
	for i, part := range parts {
		isHours := len(parts) == 3 && i == 0
		if isHours && digits(part, maxHours+1, 1<<10) {
			return n, false, decimal.ErrRange
		}
		if !digits(part, 1, maxHours) || !isHours && len(part) > 2 {
			return n, false, decimal.ErrSyntax
		}
		v, _ := strconv.ParseInt(part, 10, 64) // it has digits alone
		if !isHours && v >= 60 {
			return n, false, decimal.ErrSyntax
		}
		exact = exact && len(part) >= 2
		seconds = seconds*60 + v
	}
	if exact = exact && (len(parts) == 3 || point == '.'); !cut { // WebVTT alone has times without hours
		return decimal.FromMS(seconds * 1000), exact, nil
	}
	n, err = decimal.Parse(strconv.FormatInt(seconds, 10) + "." + fraction)
	return n, exact, err
}

func digits(s string, least, most int) bool {
	return len(s) >= least && len(s) <= most && strings.Trim(s, "0123456789") == ""
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
