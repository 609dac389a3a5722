package cli

import (
	"flag"
	"os"
	"path/filepath"
	"strings"

	"github.com/portico-hq/portico/internal/blob"
)

// databaseURLEnv names the variable that stands in for --database-url: what is on a command line, others can read.
const databaseURLEnv = "PORTICO_DATABASE_URL"

// filesEnv names the variable that stands in for --files.
const filesEnv = "PORTICO_FILES"

// The variables with the keys of a bucket: what is on a command line, others can read.
const (
	s3AccessEnv = "PORTICO_S3_ACCESS_KEY"
	s3SecretEnv = "PORTICO_S3_SECRET_KEY"
)

// places returns where the contents of files are kept.
func (o *options) places() (blob.Places, error) {
	p, err := blob.ParsePlaces(o.files)
	if err != nil {
		return p, misuse("--files: %v", err)
	}
	if p.S3 == nil {
		return p, nil
	}
	p.S3.AccessKey, p.S3.SecretKey = os.Getenv(s3AccessEnv), os.Getenv(s3SecretEnv)
	if p.S3.AccessKey == "" || p.S3.SecretKey == "" {
		return p, misuse("a bucket needs its keys in $%s and $%s", s3AccessEnv, s3SecretEnv)
	}
	p.S3.Drafts = filepath.Join(o.data, "drafts")
	return p, nil
}

// options are the flags that every command has.
type options struct {
	data        string
	databaseURL string
	files       string
	portal      string
	json        bool
}

func (o *options) define(fs *flag.FlagSet) {
	fs.StringVar(&o.data, "data", "./portico-data", "the `DIR` that holds everything")
	fs.StringVar(&o.databaseURL, "database-url", os.Getenv(databaseURLEnv),
		"keep the portals in PostgreSQL: `URL`, or $"+databaseURLEnv)
	fs.StringVar(&o.files, "files", os.Getenv(filesEnv),
		"keep the contents of files in `PLACE`, or $"+filesEnv+": a folder, or s3://bucket/prefix?endpoint=HOST&region=REGION")
	fs.StringVar(&o.portal, "portal", "", "the `HOST` of the portal to work on, where there are several")
	fs.BoolVar(&o.json, "json", false, "print JSON")
}

// common are the names of the flags that every command has; the help shows them apart.
var common = map[string]bool{"data": true, "database-url": true, "files": true, "portal": true, "json": true}

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
