// Programs that the benchmark runs beside the service: a copier on the AWS SDK, a source and a storage that verifies parts.
package main

import (
	"fmt"
	"os"
)

// Usage: peers copy <source URL> <endpoint> <key> <crc32|sha256>, peers source <certificate> <key> [latency rate], or peers sink <certificate> <key> [no-crc32].
// The servers print their port.
func main() {
	programs := map[string]func([]string) error{"copy": copyOne, "source": serveSource, "sink": serveSink}
	if len(os.Args) < 2 || programs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: peers copy|source|sink …")
		os.Exit(2)
	}
	if err := programs[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
