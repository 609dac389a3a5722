package cli

import (
	"context"
	"flag"

	"github.com/portico-hq/portico/internal/build"
)

func versionCommand() command {
	return command{
		name: "version", summary: "Prints which program this is.",
		define: func(*flag.FlagSet) runner {
			return func(_ context.Context, e *env, _ []string) error {
				info := build.Read()
				out := struct {
					Version string `json:"version"`
					Commit  string `json:"commit,omitempty"`
					Go      string `json:"go"`
				}{info.Version, info.Commit, info.Go}
				return e.print(out, func() { e.say("portico %s, %s", info, info.Go) })
			}
		},
	}
}
