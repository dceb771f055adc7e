package contest

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"time"
)

// patience ends the repetition of a step.
const patience = 3 * time.Second

// step measures how long fn takes, times over, with the peak of memory.
func (r *run) step(step Step, times int, fn func(i int) error) error {
	return r.measure(step, times, math.MaxInt64, fn)
}

// sample is step for what is the same each time: it stops where patience ends, once there are three samples.
func (r *run) sample(step Step, most int, fn func(i int) error) error {
	return r.measure(step, most, patience, fn)
}

func (r *run) measure(step Step, times int, patience time.Duration, fn func(i int) error) error {
	if err := r.out.send(Line{Now: step}); err != nil {
		return err
	}
	m := Measurement{Step: step}
	peaked, _ := r.c.(Peaked)
	if peaked != nil {
		peaked.PeakBytes()
	}
	forgetPeak()
	first := time.Now()
	for i := range times {
		began := time.Now()
		if err := fn(i); err != nil {
			return fmt.Errorf("%s: %w", step, err)
		}
		m.Samples = append(m.Samples, time.Since(began))
		if i >= 2 && time.Since(first) > patience {
			break
		}
	}
	m.PeakBytes = peakBytes()
	if peaked != nil {
		m.PeakBytes = max(m.PeakBytes, peaked.PeakBytes())
	}
	return r.out.send(Line{Measure: &m})
}

func (r *run) disk(when Disk) error {
	var bytes int64
	err := filepath.WalkDir(r.store(), func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	return errors.Join(err, r.out.send(Line{Disk: &DiskUse{When: when, Bytes: bytes}}))
}
