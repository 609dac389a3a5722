// Package build tells which program this is.
package build

import (
	"runtime/debug"
	"strings"
	"sync"
)

// Info is what the Go toolchain noted when it built the program.
type Info struct {
	Version string // e.g. "v1.2.0", or "devel"
	Commit  string // the first digits of the commit, with "+" behind them when files were changed; empty when unknown
	Go      string // e.g. "go1.26.3"
}

// Read returns the facts of the running program.
var Read = sync.OnceValue(func() Info {
	b, ok := debug.ReadBuildInfo()
	if !ok {
		return Info{Version: "devel"}
	}
	info := Info{Version: strings.Trim(b.Main.Version, "()"), Go: b.GoVersion}
	if info.Version == "" {
		info.Version = "devel"
	}
	for _, s := range b.Settings {
		switch {
		case s.Key == "vcs.revision":
			info.Commit = s.Value[:min(12, len(s.Value))] + info.Commit
		case s.Key == "vcs.modified" && s.Value == "true":
			info.Commit += "+"
		}
	}
	return info
})

// String returns the version, with the commit where it is known.
func (i Info) String() string {
	if i.Commit == "" {
		return i.Version
	}
	return i.Version + " (" + i.Commit + ")"
}
