package main

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"math/big"
	"strings"

	"github.com/annoset/annoset"
)

// readRTTM yields the speaker turns of an RTTM file: "SPEAKER <file> <channel> <onset s> <duration s> <NA> <NA>
// <speaker> …". Onset and onset+duration are each rounded to milliseconds, half away from zero.
func readRTTM(r io.Reader) iter.Seq2[annoset.Annotation, error] {
	return func(yield func(annoset.Annotation, error) bool) {
		lines := bufio.NewScanner(r)
		for n := 1; lines.Scan(); n++ {
			fields := strings.Fields(lines.Text())
			if len(fields) == 0 || fields[0] != "SPEAKER" {
				continue
			}
			a, err := turn(fields)
			if err != nil {
				err = fmt.Errorf("line %d: %w", n, err)
			}
			if !yield(a, err) || err != nil {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(annoset.Annotation{}, err)
		}
	}
}

func turn(fields []string) (annoset.Annotation, error) {
	if len(fields) < 9 {
		return annoset.Annotation{}, fmt.Errorf("%d fields, not 9 or 10", len(fields))
	}
	onset, ok1 := decimal(fields[3])
	duration, ok2 := decimal(fields[4])
	if !ok1 || !ok2 {
		return annoset.Annotation{}, fmt.Errorf("onset %q and duration %q are not both decimal seconds", fields[3], fields[4])
	}
	return annoset.Annotation{
		AudioFileID: fields[1], ArtifactType: fields[7],
		StartMS: milliseconds(onset), EndMS: milliseconds(duration.Add(duration, onset)),
	}, nil
}

// decimal reads a number exactly, which no binary fraction would.
func decimal(s string) (*big.Rat, bool) {
	if len(s) > 30 || strings.Trim(s, "0123456789.") != "" {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

// milliseconds rounds seconds of at least 0.
func milliseconds(seconds *big.Rat) int64 {
	half := big.NewRat(1, 2)
	ms := new(big.Rat).Mul(seconds, big.NewRat(1000, 1))
	ms.Add(ms, half)
	return new(big.Int).Quo(ms.Num(), ms.Denom()).Int64()
}
