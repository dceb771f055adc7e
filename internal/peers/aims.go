package main

import "fmt"

// aim is a sentence about figures that is to hold.
type aim struct {
	work, aim string
	value     float64 // what was measured
	known     bool    // everything that it takes was measured
	met       func(float64) bool
	format    func(float64) string
}

func atMost(limit float64) func(float64) bool { return func(v float64) bool { return v <= limit } }

func atLeast(limit float64) func(float64) bool { return func(v float64) bool { return v >= limit } }

func times(v float64) string { return threeDigits(v) + " ×" }

func percent(v float64) string { return fmt.Sprintf("%+.1f %%", v*100) }

// aims judges a run of the synthetic workload.
func aims(results []*result) []aim {
	who := make(map[string]*result)
	for _, r := range results {
		who[r.Folder] = r
	}
	// ratio divides a figure of one contestant by one of another.
	ratio := func(work, text string, over *figure, of string, under *figure, by string, met func(float64) bool) aim {
		a, knownA := over.get(who[of])
		b, knownB := under.get(who[by])
		return aim{work, text, a / b, knownA && knownB, met, times}
	}
	own := func(work, text string, f *figure, met func(float64) bool) aim {
		v, known := f.get(who["annoset"])
		return aim{work, text, v, known, met, f.format}
	}
	growth := func(work, text string, last, first *figure, limit float64) aim {
		a := ratio(work, text, last, "annoset", first, "annoset", atMost(limit))
		a.value, a.format = a.value-1, percent
		return a
	}
	return []aim{
		ratio("import", "10 × as fast as Dolt or more", &importing, "dolt", &importing, "annoset", atLeast(10)),
		ratio("import", "2 × as fast as by hand or more", &importing, "byhand", &importing, "annoset", atLeast(2)),
		ratio("import", "0.6 of the speed of C SQLite or more", &importing, "csqlite", &importing, "annoset", atLeast(0.6)),
		// The median of many: the first one finds cold caches.
		ratio("new version", "at most Dolt's branch", &laterNew, "annoset", &laterNew, "dolt", atMost(1)),
		ratio("100 durable edits", "a third of Dolt's time or less", &edits, "annoset", &edits, "dolt", atMost(1.0/3)),
		ratio("100 durable edits", "within 2 × as many bare fsyncs", &edits, "annoset", &fsyncs, "annoset", atMost(2)),
		own("publish after 100 edits", "under 20 ms", &publish, atMost(0.020)),
		ratio("diff after 100 edits", "at most Dolt's", &diffing, "annoset", &diffing, "dolt", atMost(1)),
		ratio("diff after 100 edits", "a hundredth of git's", &diffing, "annoset", &diffing, "git", atMost(0.01)),
		ratio("read everything in order", "at most Dolt's time", &readAll, "annoset", &readAll, "dolt", atMost(1)),
		own("read one audio file", "under 1 ms", &readFile, atMost(0.001)),
		growth("read one audio file", "of the last version within 20 % of the first", &lastFile, &firstFile, 0.2),
		ratio("disk, one version", "at most Dolt's", &diskOne, "annoset", &diskOne, "dolt", atMost(1)),
		growth("disk, further versions", "under 5 % more", &diskLast, &diskOne, 0.05),
		own("peak memory of import", "under 100 MB", &memoryImport, atMost(100e6)),
		own("peak memory of reading", "under 100 MB", &memoryRead, atMost(100e6)),
	}
}
