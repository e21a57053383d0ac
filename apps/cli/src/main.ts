process.stdout.write('usage: wengert <command> [options]\n')
