package sqlite

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/jmoiron/sqlx"
)

// object is what the schema of a file has under one name.
type object struct{ kind, name, table, text string }

// String names an object for an error. Names may be of any length.
func (o object) String() string {
	if o.kind == "trigger" || o.kind == "index" {
		return fmt.Sprintf("%s %.1000q on %.1000q", o.kind, o.name, o.table)
	}
	return fmt.Sprintf("%s %.1000q", o.kind, o.name)
}

// objects reads the schema of a file. What belongs to SQLite itself is left out.
func (c *conn) objects() (all []object, err error) {
	return all, c.each(context.Background(), `
		SELECT type, name, tbl_name, sql
		FROM sqlite_schema
		WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\'
		ORDER BY type, name`, func(cu *cursor) error {
		all = append(all, object{kind: cu.text(0), name: cu.text(1), table: cu.text(2), text: cu.text(3)})
		return nil
	})
}

// ownObject is an object that this package made.
type ownObject struct {
	kind, name, table string
	sums              []string // SHA-256 of its text, in hex: of each one that it ever had
}

// ownSchema has the objects that a store of one schema version has, by the folded name.
type ownSchema map[string]*ownObject

// ownSchemas returns the objects of each schema version there ever was; the first one is of no version.
var ownSchemas = sync.OnceValue(func() []ownSchema {
	list, err := schema.ReadFile("schema/objects.txt")
	if err != nil {
		panic(err) // it is embedded
	}
	all := []ownSchema{{}}
	for lines := bufio.NewScanner(bytes.NewReader(list)); lines.Scan(); {
		f := strings.Fields(lines.Text())
		if len(f) != 5 || f[0] == "#" {
			continue
		}
		version, err := strconv.Atoi(f[0])
		if err != nil {
			panic(err)
		}
		for len(all) <= version {
			all = append(all, ownSchema{})
		}
		o := all[version][fold(f[2])]
		if o == nil {
			o = &ownObject{kind: f[1], name: f[2], table: f[3]}
			all[version][fold(f[2])] = o
		}
		o.sums = append(o.sums, f[4])
	}
	return all
})

// fold folds a name as SQLite compares names: the case of ASCII letters does not count.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// has reports whether the store itself has an object of a kind and a name.
func (s ownSchema) has(kind, name string) bool {
	o := s[fold(name)]
	return o != nil && o.kind == kind
}

// is reports whether what was found is the object itself. To a table, columns that only keep data may have been added.
func (o *ownObject) is(found object) bool {
	if found.kind != o.kind || fold(found.table) != fold(o.table) {
		return false
	}
	return slices.Contains(o.sums, sumOf(found.text)) || o.kind == "table" && len(o.added(found.text)) > 0
}

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// plainColumns are columns in the form in which ALTER TABLE adds them: a name, a type, a constant default.
var plainColumns = regexp.MustCompile(`(?i)^(?:, ("[^"]*"|\[[^\]]*\]|` + "`[^`]*`" + `|[\w$]+)` +
	`(?: +\w+)?(?: +NOT +NULL)?(?: +DEFAULT +(?:[-+]?[\d.]+|'[^']*'|NULL))?)+`)

// A text is searched for added columns only if it is not much longer than those of the store are.
const (
	maxTableText = 1 << 14
	maxCommas    = 200
	maxRuns      = 2 // of columns: some may have been added before a migration added others, and some after it
)

// added returns the columns that ALTER TABLE has added to the text of a table, if that is all that was changed in it.
func (o *ownObject) added(text string) string {
	if len(text) > maxTableText || strings.Count(text, ", ") > maxCommas {
		return ""
	}
	return o.addedRuns(text, maxRuns)
}

// addedRuns takes columns out of a text until the text of the table is left.
func (o *ownObject) addedRuns(text string, runs int) string {
	for at := range text {
		columns := plainColumns.FindString(text[at:])
		for end := len(columns); end > 0; end = strings.LastIndex(columns[:end], ", ") {
			rest := text[:at] + text[at+end:]
			if slices.Contains(o.sums, sumOf(rest)) {
				return columns[:end]
			}
			if runs > 1 {
				if more := o.addedRuns(rest, runs-1); more != "" {
					return columns[:end] + more
				}
			}
		}
	}
	return ""
}

// checkTables makes sure that a file has the tables that its schema version has, to be read from.
func checkTables(version int, found []object) error {
	kinds := make(map[string]object, len(found))
	for _, o := range found {
		kinds[fold(o.name)] = o
	}
	own := ownSchemas()[version]
	for _, name := range slices.Sorted(maps.Keys(own)) {
		if own[name].kind != "table" {
			continue
		}
		o, there := kinds[name]
		if !there {
			return fmt.Errorf("%w: table %q of schema %d is missing", ErrDamaged, name, version)
		}
		if o.kind != "table" || !strings.HasPrefix(o.text, "CREATE TABLE ") {
			return fmt.Errorf("%w: %v is in the place of table %q", ErrDamaged, o, name)
		}
	}
	return nil
}

// checkObjects makes sure that nothing in a file of a schema version does what the store's own objects would not, when
// the store is written to or brought up to date.
func checkObjects(version int, found []object) error {
	if err := checkTables(version, found); err != nil {
		return err
	}
	own, next := ownSchemas()[version], ownSchemas()[schemaVersion()]
	old := version < schemaVersion()
	for _, o := range found {
		name := fold(o.name)
		switch mine := own[name]; {
		case mine != nil && mine.is(o):
			if old && o.kind == "table" {
				if err := checkAdded(version, mine, o); err != nil {
					return err
				}
			}
		case mine != nil && mine.kind == "view" && !old: // nothing needs the view
		case mine != nil && mine.kind == "view":
			return inTheWay(o, "annoset's view of that name is to be made anew; rename it")
		case mine != nil:
			return fmt.Errorf("%w: %v is not as it was made", ErrDamaged, o)
		case old && next[name] != nil && next[name].is(o):
			return fmt.Errorf("%w: schema %d has no %v", ErrDamaged, version, o)
		case old && next[name] != nil:
			return inTheWay(o, fmt.Sprintf("schema %d has a %s of that name; rename it", schemaVersion(), next[name].kind))
		case o.kind == "trigger" && own.has("table", o.table):
			return inTheWay(o, "it would change what is written; drop it")
		case o.kind == "trigger" && old && own.has("view", o.table):
			return inTheWay(o, "it would be lost when the view is made anew; drop it, and create it again afterwards")
		}
	}
	return nil
}

func inTheWay(o object, why string) error {
	return fmt.Errorf("%w: %v: %s", ErrInTheWay, o, why)
}

// newColumn finds the columns that a migration adds.
var newColumn = regexp.MustCompile(`ALTER TABLE (\w+) ADD COLUMN (\w+)`)

// checkAdded makes sure that a table has no column that is to be added to it.
func checkAdded(version int, table *ownObject, o object) error {
	added := fold(table.added(o.text))
	if added == "" {
		return nil
	}
	for _, name := range steps()[version:] {
		text, err := schema.ReadFile(name)
		if err != nil {
			return err
		}
		for _, column := range newColumn.FindAllSubmatch(text, -1) {
			word := regexp.MustCompile(`\b` + fold(string(column[2])) + `\b`)
			if fold(string(column[1])) == fold(table.name) && word.MatchString(added) {
				return inTheWay(o, fmt.Sprintf("schema %d adds a column %q; rename yours", schemaVersion(), column[2]))
			}
		}
	}
	return nil
}

// missing returns the first of the store's own triggers that is not there.
func missing(found []object) string {
	there := make(map[string]bool, len(found))
	for _, o := range found {
		there[fold(o.name)] = true
	}
	own := ownSchemas()[schemaVersion()]
	for _, name := range slices.Sorted(maps.Keys(own)) {
		if own[name].kind == "trigger" && !there[name] {
			return name
		}
	}
	return ""
}

// dropRepeatable drops the store's own triggers and views, which are made anew after the last step. What others made
// stays.
func dropRepeatable(ctx context.Context, c *sqlx.Conn, version int, found []object) error {
	own := ownSchemas()[version]
	for _, o := range found {
		mine := own[fold(o.name)]
		if mine == nil || mine.kind != "trigger" && mine.kind != "view" {
			continue
		}
		if _, err := c.ExecContext(ctx, `DROP `+mine.kind+` "`+mine.name+`"`); err != nil {
			return err
		}
	}
	return nil
}
