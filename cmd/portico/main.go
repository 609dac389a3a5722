// Command portico runs portals and looks after them. `portico help` lists what it can do.
package main

import (
	"os"
	_ "time/tzdata" // people's time zones, on machines that have no zone files

	"github.com/portico-hq/portico/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
