package cli

import (
	"flag"
	"os"
	"strings"
)

// databaseURLEnv names the variable that stands in for --database-url: what is on a command line, others can read.
const databaseURLEnv = "PORTICO_DATABASE_URL"

// options are the flags that every command has.
type options struct {
	data        string
	databaseURL string
	portal      string
	json        bool
}

func (o *options) define(fs *flag.FlagSet) {
	fs.StringVar(&o.data, "data", "./portico-data", "the `DIR` that holds everything")
	fs.StringVar(&o.databaseURL, "database-url", os.Getenv(databaseURLEnv),
		"keep the portals in PostgreSQL: `URL`, or $"+databaseURLEnv)
	fs.StringVar(&o.portal, "portal", "", "the `HOST` of the portal to work on, where there are several")
	fs.BoolVar(&o.json, "json", false, "print JSON")
}

// common are the names of the flags that every command has; the help shows them apart.
var common = map[string]bool{"data": true, "database-url": true, "portal": true, "json": true}

// list is a flag with several values, separated by commas or given several times.
type list []string

var _ flag.Value = (*list)(nil)

func (l *list) String() string { return strings.Join(*l, ",") }

// Set adds the values in text.
func (l *list) Set(text string) error {
	for v := range strings.SplitSeq(text, ",") {
		if v = strings.TrimSpace(v); v != "" {
			*l = append(*l, v)
		}
	}
	return nil
}
