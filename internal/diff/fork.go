package diff

import (
	"context"
	"math"
	"slices"

	"github.com/annoset/annoset/sqlite"
)

// fork is where the layers of two sets separate. The view of a layer is what is visible from it.
type fork struct {
	common int64      // the layer whose view both sets stand on; 0: none
	above  [2][]int64 // the layers of each set above that view, the topmost first
}

// findFork finds the fork with the fewest rows above it. A view can be reached through the layers that made it, or
// through the layer that they were folded into, so this is a search for the shortest path from both ends, after
// E. W. Dijkstra, "A note on two problems in connexion with graphs" (1959).
func findFork(ctx context.Context, tx *sqlite.ReadTx, from, to *sqlite.SetRow) (fork, error) {
	f := forking{best: math.MaxInt64}
	for side, set := range []*sqlite.SetRow{from, to} {
		f.reached[side] = make(map[int64]arrival)
		f.reach(side, set.LayerID, arrival{})
	}
	for {
		if err := ctx.Err(); err != nil {
			return fork{}, err
		}
		at, ok := f.next()
		if !ok {
			break
		}
		ways, err := tx.Ways(at.view)
		if err != nil {
			return fork{}, err
		}
		for _, way := range ways {
			cost := at.cost + way.Weight + 1
			if way.BelowID == 0 {
				cost += nothingInCommon
			}
			f.reach(at.side, way.BelowID, arrival{cost: cost, layer: way.LayerID, above: at.view})
		}
	}
	out := fork{common: f.common}
	for side := range f.reached {
		for at := f.reached[side][f.common]; at.layer != 0; at = f.reached[side][at.above] {
			out.above[side] = append(out.above[side], at.layer)
		}
		slices.Reverse(out.above[side])
	}
	return out, nil
}

// nothingInCommon is the cost of a path to the bottom. It exceeds the weight of all layers of a store, so any common
// view is better.
const nothingInCommon = 1 << 56

// forking is a search in progress. It identifies a view by the id of its layer.
type forking struct {
	reached [2]map[int64]arrival // from each side, by view
	open    []stop               // where the search may continue
	best    int64                // the sum of the costs of both paths to common
	common  int64
}

// arrival is the shortest known path to a view.
type arrival struct {
	cost  int64 // the weight of the layers on the path, and 1 for each of them
	layer int64 // the last layer of the path; 0: the path is empty
	above int64 // the view on top of that layer
}

// stop is a view that was reached, with the cost of the path to it.
type stop struct {
	side       int
	view, cost int64
}

// reach notes a path to a view, if it is the shortest known one.
func (f *forking) reach(side int, view int64, at arrival) {
	if known, ok := f.reached[side][view]; ok && known.cost <= at.cost {
		return
	}
	f.reached[side][view] = at
	if other, ok := f.reached[1-side][view]; ok && at.cost+other.cost < f.best {
		f.best, f.common = at.cost+other.cost, view
	}
	if view != 0 { // 0 is the bottom
		f.open = append(f.open, stop{side, view, at.cost})
	}
}

// next takes the nearest open stop. If no path through it can be shorter than the best, ok is false. A linear search
// will do: there are only a few open stops.
func (f *forking) next() (nearest stop, ok bool) {
	for len(f.open) > 0 {
		i := 0
		for k := range f.open {
			if f.open[k].cost < f.open[i].cost {
				i = k
			}
		}
		nearest = f.open[i]
		f.open = slices.Delete(f.open, i, i+1)
		if nearest.cost >= f.best {
			return stop{}, false
		}
		if nearest.cost == f.reached[nearest.side][nearest.view].cost { // else a shorter path was found since
			return nearest, true
		}
	}
	return stop{}, false
}
