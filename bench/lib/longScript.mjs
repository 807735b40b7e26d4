/** Training code of any length: models, their training and their evaluation, as scripts of the test fixtures have them. */

const head = `import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
`;

const part = (i) => `

class Block${i}(nn.Module):
    """Two convolutions and a shortcut."""

    def __init__(self, width):
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x):
        out = F.relu(self.conv1(x))
        out = self.conv2(out)
        return F.relu(x + out)


class Net${i}(nn.Module):
    def __init__(self, width=64, depth=6):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.blocks = nn.ModuleList([Block${i}(width) for _ in range(depth)])
        self.fc1 = nn.Linear(width, 128)  # after the mean over the image
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = F.relu(self.stem(x))
        for block in self.blocks:
            x = block(x)
        x = x.mean(dim=(2, 3))
        x = F.relu(self.fc1(x))
        return self.fc2(x)


def train${i}(model, loader, criterion, optimizer, epochs=10):
    history = []
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for data, target in loader:
            optimizer.zero_grad()
            output = model(data)
            loss = criterion(output, target)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(data)
        history.append({"epoch": epoch, "loss": total / len(loader.dataset)})
        print(f"epoch {epoch}: {history[-1]['loss']:.3f}")
    return history


def evaluate${i}(model, loader):
    model.eval()
    correct = 0
    with torch.no_grad():
        for data, target in loader:
            correct += (model(data).argmax(1) == target).sum().item()
    return correct / len(loader.dataset)


model${i} = Net${i}()
criterion${i} = nn.CrossEntropyLoss()
optimizer${i} = optim.SGD(model${i}.parameters(), lr=0.02, momentum=0.9)
history${i} = train${i}(model${i}, train_loader, criterion${i}, optimizer${i})
print(evaluate${i}(model${i}, test_loader))
torch.save(model${i}.state_dict(), "net${i}.pt")
`;

/** @param {number} lines about so many */
export function longScript(lines) {
  let text = head;
  for (let i = 0, count = 0; count < lines; i++) {
    text += part(i);
    count = text.split('\n').length;
  }
  return text;
}
