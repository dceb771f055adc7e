//go:build cgo

package main

import (
	"database/sql/driver"
	"fmt"

	"github.com/annoset/annoset/internal/peers/contest"
)

// bulk inserts labels in order.
type bulk struct {
	c     *contestant
	full  string // the statement for bulkRows labels
	args  []driver.Value
	block struct{ first, last, file, from, to int64 }
}

func (b *bulk) add(l *contest.Label) error {
	c := b.c
	file, made, err := c.files.of(c.conn, l.File)
	if err != nil {
		return err
	}
	if made {
		if _, err := c.conn.exec(`
			INSERT INTO layer_file (layer_id, file_id, clean)
			VALUES (?, ?, 0)`, c.layer(), file); err != nil {
			return err
		}
	}
	kind, _, err := c.types.of(c.conn, l.Type)
	if err != nil {
		return err
	}
	c.lastID++
	if file != b.block.file || c.lastID-b.block.first >= blockLabels {
		if err := b.endBlock(); err != nil {
			return err
		}
		b.block.first, b.block.file, b.block.from = c.lastID, file, l.StartMS
	}
	b.block.last, b.block.to = c.lastID, l.StartMS
	b.args = append(b.args, file, l.StartMS, c.lastID, l.EndMS, kind, l.Confidence)
	if len(b.args) < 6*bulkRows {
		return nil
	}
	_, err = c.conn.exec(b.full, b.args...)
	b.args = b.args[:0]
	return err
}

func (b *bulk) endBlock() error {
	if b.block.first == 0 {
		return nil
	}
	_, err := b.c.conn.exec(`
		INSERT INTO label_block (layer_id, first_id, last_id, file_id, from_ms, to_ms)
		VALUES (?, ?, ?, ?, ?, ?)`, b.c.layer(), b.block.first, b.block.last, b.block.file, b.block.from, b.block.to)
	return err
}

func (b *bulk) end() error {
	for rest := b.args; len(rest) > 0; rest = rest[6:] {
		if _, err := b.c.conn.exec(insertLabel+b.c.tuple(0), rest[:6]...); err != nil {
			return err
		}
	}
	return b.endBlock()
}

// names are numbered in a table of the schema.
type names struct {
	table string
	ids   map[string]int64
	texts []string // by id
	last  string   // labels come in runs
	id    int64
}

func newNames(table string) *names {
	return &names{table: table, ids: make(map[string]int64), texts: []string{""}}
}

// of finds or makes the number of a name, and tells whether it is new.
func (n *names) of(c *conn, name string) (id int64, made bool, err error) {
	if name == n.last && n.id != 0 {
		return n.id, false, nil
	}
	id = n.ids[name]
	if made = id == 0; made {
		columns, values := "duration_ms, registered", "0, 0"
		if n.table == "artifact_type" {
			columns, values = "description, color, declared, place", "'', '', 0, 0"
		}
		insert := fmt.Sprintf(`INSERT INTO %s (dataset_id, name, %s) VALUES (1, ?, %s)`, n.table, columns, values)
		id, err = c.exec(insert, name)
		n.ids[name] = id
		n.texts = append(n.texts, name)
	}
	n.last, n.id = name, id
	return id, made, err
}
