//go:build cgo

// Command dolt is the contestant that versions tables: Dolt, embedded by its own driver. A commit with a tag
// publishes, a branch is a draft. Needs a C compiler and libicu-dev.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	embedded "github.com/dolthub/driver"

	"github.com/annoset/annoset/internal/peers/contest"
)

func main() { contest.Main(&contestant{files: make(map[string]int64), types: make(map[string]int64)}) }

type contestant struct {
	dsn          string
	db           *sql.DB
	conn         *sql.Conn // the one session: the branch that is checked out belongs to it
	draft, using int       // versions: the draft, and whose branch the session works on
	lastID       int64
	files, types map[string]int64
	names        [2][]string // of files and types, by number less one
}

func (*contestant) About() contest.About {
	return contest.About{
		Name:       "Dolt",
		What:       "github.com/dolthub/driver, tables with numbers for names, clustered by audio file and start",
		Durability: "its chunk journal is synced at each commit of a transaction; there is nothing to choose",
		LeavesOut:  "statistics at publishing, validation, immutability (a tag can be moved)",
	}
}

func (c *contestant) Open(ctx context.Context, dir string) error {
	c.draft, c.using = 1, 1
	c.dsn = "file://" + dir + "?" + url.Values{"commitname": {"peers"}, "commitemail": {"peers@example.com"}}.Encode()
	if err := c.connect(ctx); err != nil {
		return err
	}
	return c.exec(ctx, `CREATE DATABASE peers`, `USE peers`,
		`CREATE TABLE audio_file (id BIGINT PRIMARY KEY, name VARCHAR(255) NOT NULL)`,
		`CREATE TABLE artifact_type (id BIGINT PRIMARY KEY, name VARCHAR(255) NOT NULL)`,
		`CREATE TABLE label (
			file_id    BIGINT NOT NULL,
			start_ms   BIGINT NOT NULL,
			id         BIGINT NOT NULL,
			end_ms     BIGINT NOT NULL,
			type_id    BIGINT NOT NULL,
			confidence DOUBLE,
			PRIMARY KEY (file_id, start_ms, id)
		)`)
}

func (c *contestant) connect(ctx context.Context) error {
	cfg, err := embedded.ParseDSN(c.dsn)
	if err != nil {
		return err
	}
	connector, err := embedded.NewConnector(cfg)
	if err != nil {
		return err
	}
	c.db = sql.OpenDB(connector)
	c.conn, err = c.db.Conn(ctx)
	return err
}

// Close ends the session and the engine, which reports its own background work as canceled; collecting garbage has
// ended the session before.
func (c *contestant) Close() error {
	var errs []error
	for _, err := range []error{c.conn.Close(), c.db.Close()} {
		if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, sql.ErrConnDone) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// exec runs statements one after the other, and reads what they yield: DOLT_ procedures do their work while they are
// read.
func (c *contestant) exec(ctx context.Context, statements ...string) error {
	for _, statement := range statements {
		if err := c.query(ctx, func(*sql.Rows) error { return nil }, statement); err != nil {
			return fmt.Errorf("%.60s: %w", statement, err)
		}
	}
	return nil
}

func (c *contestant) query(ctx context.Context, fn func(*sql.Rows) error, statement string) error {
	rows, err := c.conn.QueryContext(ctx, statement)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// inTx runs fn between START TRANSACTION and COMMIT.
func (c *contestant) inTx(ctx context.Context, fn func() error) error {
	if err := c.exec(ctx, `START TRANSACTION`); err != nil {
		return err
	}
	if err := fn(); err != nil {
		return err
	}
	return c.exec(ctx, `COMMIT`)
}

// importRows is how many rows a statement inserts: more do not help.
const importRows = 1000

func (c *contestant) Import(ctx context.Context, labels contest.Stream) (n int64, err error) {
	err = c.inTx(ctx, func() error {
		var rows strings.Builder
		flush := func() error {
			if rows.Len() == 0 {
				return nil
			}
			defer rows.Reset()
			return c.exec(ctx, insertLabels+rows.String())
		}
		for l, err := range labels {
			if err != nil {
				return err
			}
			c.lastID++
			n++
			if rows.Len() > 0 {
				rows.WriteByte(',')
			}
			if err := c.tuple(ctx, &rows, l, c.lastID); err != nil {
				return err
			}
			if n%importRows == 0 {
				if err := flush(); err != nil {
					return err
				}
			}
		}
		return flush()
	})
	return n, err
}

const insertLabels = `INSERT INTO label (file_id, start_ms, id, end_ms, type_id, confidence) VALUES `

// tuple writes the values of a row as SQL.
func (c *contestant) tuple(ctx context.Context, to *strings.Builder, l *contest.Label, id int64) error {
	file, err := c.number(ctx, c.files, 0, l.File)
	if err != nil {
		return err
	}
	kind, err := c.number(ctx, c.types, 1, l.Type)
	if err != nil {
		return err
	}
	fmt.Fprintf(to, "(%d,%d,%d,%d,%d,%s)",
		file, l.StartMS, id, l.EndMS, kind, strconv.FormatFloat(l.Confidence, 'g', -1, 64))
	return nil
}

// number finds or makes the number of a name. Audio files come in order of name, and so do their numbers.
func (c *contestant) number(ctx context.Context, numbers map[string]int64, which int, name string) (int64, error) {
	if n := numbers[name]; n != 0 {
		return n, nil
	}
	n := int64(len(numbers) + 1)
	numbers[name] = n
	c.names[which] = append(c.names[which], name)
	table := []string{"audio_file", "artifact_type"}[which]
	return n, c.exec(ctx, fmt.Sprintf(`INSERT INTO %s (id, name) VALUES (%d, '%s')`, table, n, quoted(name)))
}

func quoted(text string) string { return strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(text) }

func tag(version int) string { return fmt.Sprintf("v%d", version) }

func (c *contestant) Publish(ctx context.Context) error {
	return c.exec(ctx, fmt.Sprintf(`CALL DOLT_COMMIT('-A', '-m', '%s')`, tag(c.draft)),
		fmt.Sprintf(`CALL DOLT_TAG('%s')`, tag(c.draft)))
}

// NewVersion makes a branch. The first edit goes over to it: of the two, only the branch is a new version.
func (c *contestant) NewVersion(ctx context.Context, from int) error {
	c.draft++
	return c.exec(ctx, fmt.Sprintf(`CALL DOLT_BRANCH('%s', '%s')`, c.branch(), tag(from)))
}

func (c *contestant) branch() string {
	if c.draft == 1 {
		return "main"
	}
	return fmt.Sprintf("draft%d", c.draft)
}

// use makes the session work on the draft.
func (c *contestant) use(ctx context.Context) error {
	if c.using == c.draft {
		return nil
	}
	c.using = c.draft
	return c.exec(ctx, "USE `peers/"+c.branch()+"`")
}

func (c *contestant) Edit(ctx context.Context, edits []contest.Edit) error {
	if err := c.use(ctx); err != nil {
		return err
	}
	return c.inTx(ctx, func() error {
		for i := range edits {
			if err := c.edit(ctx, &edits[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *contestant) edit(ctx context.Context, e *contest.Edit) error {
	key := func(l *contest.Label) string {
		return fmt.Sprintf(`file_id = %d AND start_ms = %d AND id = %d`, c.files[l.File], l.StartMS, l.ID)
	}
	switch e.Kind {
	case contest.Remove:
		return c.exec(ctx, `DELETE FROM label WHERE `+key(&e.Old))
	case contest.Add:
		c.lastID++
		var row strings.Builder
		if err := c.tuple(ctx, &row, &e.New, c.lastID); err != nil {
			return err
		}
		return c.exec(ctx, insertLabels+row.String())
	default:
		return c.exec(ctx, fmt.Sprintf(`UPDATE label SET end_ms = %d, type_id = %d WHERE %s`, e.New.EndMS,
			c.types[e.New.Type], key(&e.Old)))
	}
}

// Statistics are computed here in one pass: that is faster than Dolt's window functions.
func (c *contestant) Statistics(ctx context.Context) (contest.Statistics, error) {
	var survey contest.Survey
	err := c.read(ctx, survey.Add, ``, ``)
	return survey.Statistics(), err
}

func (c *contestant) Diff(ctx context.Context, from, to int) (changes contest.Changes, err error) {
	var kind string
	var values [12]sql.NullString
	dest := []any{&kind}
	for i := range values {
		dest = append(dest, &values[i])
	}
	err = c.query(ctx, func(rows *sql.Rows) error {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		switch kind {
		case "added":
			changes.Added++
		case "removed":
			changes.Removed++
		default:
			changes.Changed++
		}
		return nil
	}, fmt.Sprintf(`
		SELECT diff_type,
			from_file_id, from_start_ms, from_id, from_end_ms, from_type_id, from_confidence,
			to_file_id, to_start_ms, to_id, to_end_ms, to_type_id, to_confidence
		FROM dolt_diff('%s', '%s', 'label')`, tag(from), tag(to)))
	return changes, err
}

func (c *contestant) ReadAll(ctx context.Context, version int, fn func(*contest.Label)) error {
	return c.read(ctx, fn, asOf(version), ``)
}

func (c *contestant) ReadFile(ctx context.Context, version int, file string, fn func(*contest.Label)) error {
	return c.read(ctx, fn, asOf(version), fmt.Sprintf(`WHERE file_id = %d`, c.files[file]))
}

func asOf(version int) string { return fmt.Sprintf(`AS OF '%s'`, tag(version)) }

func (c *contestant) read(ctx context.Context, fn func(*contest.Label), asOf, where string) error {
	var l contest.Label
	var file, kind int64
	return c.query(ctx, func(rows *sql.Rows) error {
		if err := rows.Scan(&file, &l.StartMS, &l.ID, &l.EndMS, &kind, &l.Confidence); err != nil {
			return err
		}
		l.File, l.Type = c.names[0][file-1], c.names[1][kind-1]
		fn(&l)
		return nil
	}, fmt.Sprintf(`
		SELECT file_id, start_ms, id, end_ms, type_id, confidence
		FROM label %s %s
		ORDER BY file_id, start_ms, id`, asOf, where))
}

// Settle collects garbage, which ends the session.
func (c *contestant) Settle(ctx context.Context) error {
	if err := c.exec(ctx, `CALL DOLT_GC()`); err != nil {
		return err
	}
	if err := c.Close(); err != nil {
		return err
	}
	if err := c.connect(ctx); err != nil {
		return err
	}
	c.using = 0
	return c.use(ctx)
}
