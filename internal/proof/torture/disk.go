package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// disk watches a folder while files and folders are written to it, and cuts the power between any two steps. It
// implements whole.Disk.
//
// What was synced is on the disk: the contents of a file, and the names in a folder. Of all else nothing may be there,
// or all, or any part: a file without its name, a name without its file's contents, the old name beside the new one.
type disk struct {
	root string

	mu     sync.Mutex
	nodes  []*node
	points []point
	err    error
}

// node is a file or a folder.
type node struct {
	info os.FileInfo
	kept kept // what is on the disk for sure
}

// kept is what a node has, or had: contents, or names and the numbers of their nodes.
type kept struct {
	data  []byte
	names map[string]int
}

// point is a moment at which the power may be cut: what is on the disk for sure, and what may be. Each has the root at
// 0.
type point struct {
	sure, seen []kept
}

// watch begins with what is in a folder, all of it on the disk.
func watch(root string) (*disk, error) {
	d := &disk{root: root}
	d.note(true)
	return d, d.err
}

// Synced implements whole.Disk.
func (d *disk) Synced(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	info, err := os.Lstat(path)
	if err != nil {
		d.err = err
		return
	}
	n := d.find(info)
	seen, err := d.look(path, n, nil)
	if err != nil {
		d.err = err
		return
	}
	d.nodes[n].kept = seen
	d.note(false)
}

// Changed implements whole.Disk.
func (d *disk) Changed() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.note(false)
}

// find returns the number of a node.
func (d *disk) find(info os.FileInfo) int {
	for i, n := range d.nodes {
		if os.SameFile(n.info, info) {
			return i
		}
	}
	n := &node{info: info}
	if info.IsDir() {
		n.kept.names = map[string]int{}
	}
	d.nodes = append(d.nodes, n)
	return len(d.nodes) - 1
}

// look returns what is at a path now. If all is not nil, it goes on into folders and adds what they have to it.
func (d *disk) look(path string, n int, all map[int]kept) (kept, error) {
	k := kept{}
	if !d.nodes[n].info.IsDir() {
		data, err := os.ReadFile(path)
		if old := d.nodes[n].kept.data; bytes.Equal(data, old) {
			data = old // to hold it once
		}
		k.data = data
		return k, err
	}
	k.names = map[string]int{}
	entries, err := os.ReadDir(path)
	if err != nil {
		return k, err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return k, err
		}
		child := d.find(info)
		k.names[e.Name()] = child
		if all == nil {
			continue
		}
		if all[child], err = d.look(filepath.Join(path, e.Name()), child, all); err != nil {
			return k, err
		}
	}
	return k, nil
}

// note adds a point. If sure is set, all that is there is on the disk.
func (d *disk) note(sure bool) {
	info, err := os.Lstat(d.root)
	if err != nil {
		d.err = err
		return
	}
	root, all := d.find(info), map[int]kept{}
	if all[root], err = d.look(d.root, root, all); err != nil {
		d.err = err
		return
	}
	p := point{}
	for i, n := range d.nodes {
		now, there := all[i]
		if sure {
			n.kept = now
		}
		if !there { // without a name; it may still have what it had
			now = n.kept
		}
		p.sure, p.seen = append(p.sure, n.kept), append(p.seen, now)
	}
	d.points = append(d.points, p)
}

// Ways in which what was not synced is lost.
const (
	allLost = iota
	allKept
	someLost // and from here on
)

// cut leaves in a folder what is there after the power was cut at a point.
func (p *point) cut(dir string, way int, r *rand.Rand) error {
	return p.leave(dir, 0, way, r, map[int]string{})
}

// leave writes a node. made has the paths of the files that were written already: further names of these are links.
func (p *point) leave(path string, n, way int, r *rand.Rand, made map[int]string) error {
	sure, seen := p.sure[n], p.seen[n]
	if sure.names == nil {
		if old, ok := made[n]; ok {
			return os.Link(old, path)
		}
		made[n] = path
		return os.WriteFile(path, lost(sure.data, seen.data, way, r), 0o600)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(sure.names))
	for name := range seen.names {
		if _, ok := sure.names[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		from := sure.names
		if way == allKept || way >= someLost && r.IntN(2) == 0 {
			from = seen.names
		}
		child, ok := from[name]
		if !ok {
			continue
		}
		if err := p.leave(filepath.Join(path, name), child, way, r, made); err != nil {
			return err
		}
	}
	return nil
}

// lost returns what is left of a file that has one content for sure and may have another.
func lost(sure, seen []byte, way int, r *rand.Rand) []byte {
	switch {
	case way == allLost || bytes.Equal(sure, seen):
		return sure
	case way == allKept:
		return seen
	case len(seen) < len(sure): // it was made shorter
		return [][]byte{sure, seen}[r.IntN(2)]
	}
	switch r.IntN(4) {
	case 0:
		return sure
	case 1:
		return seen[:len(sure)+r.IntN(len(seen)-len(sure)+1)]
	case 2: // as long as it should be, but nothing has arrived
		return append(bytes.Clone(sure), make([]byte, len(seen)-len(sure))...)
	}
	return seen
}

// names returns the names in a folder without those of folders that are left behind.
func namesIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		if !e.IsDir() || !leftBehind(e) {
			names = append(names, e.Name())
		}
	}
	return names, err
}

func leftBehind(e fs.DirEntry) bool {
	ok, err := filepath.Match(".annoset-*", e.Name())
	return ok && err == nil
}

// cutAll cuts the power at each point, in several ways, and has the folders checked. done tells check whether the call
// had returned.
func (d *disk) cutAll(r *rand.Rand, dir string, ways int, check func(dir string, done bool) error,
) (cuts int, err error) {
	if d.err != nil {
		return 0, d.err
	}
	for i := range d.points {
		for way := range ways {
			left := filepath.Join(dir, fmt.Sprintf("cut%d-%d", i, way))
			if err := d.points[i].cut(left, way, r); err != nil {
				return cuts, err
			}
			cuts++
			if err := check(left, i == len(d.points)-1); err != nil {
				return cuts, fmt.Errorf("after step %d of %d, in way %d: %w", i, len(d.points)-1, way, err)
			}
			if err := os.RemoveAll(left); err != nil {
				return cuts, err
			}
		}
	}
	return cuts, nil
}
