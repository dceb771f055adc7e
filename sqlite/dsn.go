package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"net/url"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/jmoiron/sqlx/reflectx"
	driversqlite "modernc.org/sqlite"
)

// ownDriver is private to this package, so that no other connection of the process sees what is registered on it.
var ownDriver = sync.OnceValue(func() *driversqlite.Driver {
	d := &driversqlite.Driver{}
	d.MustRegisterFunction("take", &driversqlite.FunctionImpl{
		NArgs: -1, VolatileArgs: true,
		Scalar: func(_ *driversqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
			return take(args)
		},
	})
	return d
})

// dsnConnector opens connections of this package's own driver.
type dsnConnector string

// Connect implements [driver.Connector].
func (dsn dsnConnector) Connect(ctx context.Context) (driver.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return ownDriver().Open(string(dsn))
}

// Driver implements [driver.Connector].
func (dsnConnector) Driver() driver.Driver { return ownDriver() }

// newPool opens a pool on dsn. Every connection gets its pragmas from the DSN.
func newPool(dsn string, open int, wrap func(driver.Connector) driver.Connector) (*sqlx.DB, error) {
	var base driver.Connector = dsnConnector(dsn)
	if wrap != nil {
		base = wrap(base)
	}
	db := sqlx.NewDb(sql.OpenDB(connector{base}), "sqlite")
	// sqlx's own mapper is a global that the host program may have replaced.
	db.Mapper = reflectx.NewMapperFunc("db", strings.ToLower)
	db.SetMaxOpenConns(open)
	db.SetMaxIdleConns(max(open, readerLimit()))
	return db, nil
}

func writerDSN(cfg Config) string {
	cfg.BusyTimeout = min(cfg.BusyTimeout, tryEvery) // see beginWrite
	q := pragmas(cfg)
	q.Add("_pragma", "cache_size(-16384)") // KiB; many pages are written in one transaction
	q.Set("mode", "rwc")
	q.Add("_pragma", "journal_size_limit("+strconv.Itoa(logLarge)+")") // of a log that is started over
	return fileURI(cfg.Path) + "?" + q.Encode()
}

// holdDSN is for Hold: the connection keeps the lock that it takes.
func holdDSN(cfg Config) string {
	q := pragmas(cfg)
	q.Set("mode", "rw")
	q.Add("_pragma", "locking_mode(EXCLUSIVE)")
	return fileURI(cfg.Path) + "?" + q.Encode()
}

// keeperDSN is for checkpoints, which wait for nobody.
func keeperDSN(cfg Config) string {
	cfg.BusyTimeout = 0
	q := pragmas(cfg)
	q.Set("mode", "rw")
	return fileURI(cfg.Path) + "?" + q.Encode()
}

func readerDSN(cfg Config) string {
	q := pragmas(cfg)
	q.Set("mode", "ro") // and not query_only, which would refuse VACUUM INTO
	return fileURI(cfg.Path) + "?" + q.Encode()
}

// immutableDSN opens a file that nobody writes to, without locks and without a file beside it.
func immutableDSN(cfg Config) string { return readerDSN(cfg) + "&immutable=1" }

// memoryDSN names a database that no other store of the process can open by accident.
func memoryDSN(cfg Config) string {
	q := pragmas(cfg)
	q.Set("vfs", "memdb")
	return "file:/annoset-" + rand.Text() + "?" + q.Encode()
}

func pragmas(cfg Config) url.Values {
	sync := "FULL"
	if cfg.Normal {
		sync = "NORMAL"
	}
	return url.Values{
		"_busy_timeout": {strconv.FormatInt(int64(max(cfg.BusyTimeout, 0)/time.Millisecond), 10)},
		"_synchronous":  {sync},
		"_foreign_keys": {"1"},
		"_dqs":          {"0"},
		"_defensive":    {"1"},
		"_error_rc":     {"1"},
		"_pragma":       {"trusted_schema(0)"},
	}
}

// fileURI writes path as SQLite reads it: with '?', '#' and '%' escaped, absolute, with a slash before a drive.
func fileURI(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	path = filepath.ToSlash(path)
	if runtime.GOOS == "windows" && !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return "file://" + (&url.URL{Path: path}).EscapedPath()
}
