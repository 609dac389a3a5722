package cli

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

const intro = `Portico is a self-hosted business portal that speaks the Bitrix24 REST API.

  portico serve --demo      starts a portal with demo data in ./portico-data
`

const outro = `
'portico COMMAND --help' tells more. Every command works beside a running server.
`

// helpAsked reports whether args ask for help, and with which words about what.
func helpAsked(args []string) (words []string, asked bool) {
	if len(args) == 0 {
		return nil, true
	}
	switch args[0] {
	case "help":
		return args[1:], true
	case "-h", "-help", "--help":
		return nil, true
	}
	if len(args) > 1 && isGroup(args[0]) && !isCommand(args[0]) && slices.Contains([]string{"-h", "-help", "--help", "help"}, args[1]) {
		return args[:1], true
	}
	return nil, false
}

// isCommand reports whether word is a command by itself.
func isCommand(word string) bool {
	return slices.ContainsFunc(commands(), func(c command) bool { return c.name == word })
}

// isGroup reports whether word begins commands of two words.
func isGroup(word string) bool { return len(membersOf(word)) > 0 }

// membersOf returns the second words of the commands that begin with group.
func membersOf(group string) []string {
	var out []string
	for _, c := range commands() {
		if first, second, ok := strings.Cut(c.name, " "); ok && first == group {
			out = append(out, second)
		}
	}
	return out
}

// help prints the help on a command, a group of commands or the program.
func (e *env) help(words []string) error {
	switch {
	case len(words) == 0:
		fmt.Fprint(e.stdout, intro+"\nCommands:\n")
		printCommands(e.stdout, "")
		fmt.Fprint(e.stdout, outro)
		return nil
	case len(words) == 1 && isGroup(words[0]) && !isCommand(words[0]):
		fmt.Fprintln(e.stdout, "Commands:")
		printCommands(e.stdout, words[0]+" ")
		fmt.Fprint(e.stdout, outro)
		return nil
	}
	c, _, err := find(words)
	if err != nil {
		return err
	}
	e.helpOn(c)
	if isGroup(c.name) {
		fmt.Fprintln(e.stdout, "\nSee also:")
		printCommands(e.stdout, c.name+" ")
	}
	return nil
}

func printCommands(w io.Writer, prefix string) {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, c := range commands() {
		if strings.HasPrefix(c.name, prefix) {
			fmt.Fprintf(t, "  portico %s\t%s\n", join(c.name, c.args), c.summary)
		}
	}
	_ = t.Flush() // what cannot be printed cannot be told either
}

func (e *env) helpOn(c *command) {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	(&options{}).define(fs)
	c.define(fs)
	fmt.Fprintf(e.stdout, "%s\n\n  portico %s\n", c.summary, join(c.name, "[flags]", c.args))
	if c.help != "" {
		fmt.Fprintf(e.stdout, "\n%s\n", strings.TrimSpace(c.help))
	}
	printFlags(e.stdout, fs, "Flags", func(f *flag.Flag) bool { return !common[f.Name] })
	printFlags(e.stdout, fs, "Flags of every command", func(f *flag.Flag) bool { return common[f.Name] })
}

func printFlags(w io.Writer, fs *flag.FlagSet, title string, which func(*flag.Flag) bool) {
	var lines []string
	fs.VisitAll(func(f *flag.Flag) {
		if !which(f) {
			return
		}
		value, usage := flag.UnquoteUsage(f)
		line := fmt.Sprintf("  --%s\t%s", join(f.Name, value), usage)
		if f.DefValue != "" && f.DefValue != "false" && f.Name != "database-url" && f.Name != "metrics-token" { // which may hold a password
			line += " (" + f.DefValue + ")"
		}
		lines = append(lines, line)
	})
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s:\n", title)
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, strings.Join(lines, "\n"))
	_ = t.Flush()
}

// join puts words with a space between those that are not empty.
func join(words ...string) string {
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
}
