// The contact somebody asked to erase, from wherever they stood. The window asks once more.

class Erasing {
  address = $state<string | null>(null);

  ask(address: string): void {
    this.address = address;
  }

  close(): void {
    this.address = null;
  }
}

export const erasing = new Erasing();
